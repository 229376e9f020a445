// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/table.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace wattring::ctl {
namespace {

void add_cell(std::string& line, std::string_view cell, std::size_t width, Table::Align align) {
  const std::size_t padding = width - std::min(width, display_width(cell));
  if (align == Table::Align::right) line.append(padding, ' ');
  line += cell;
  if (align == Table::Align::left) line.append(padding, ' ');
}

void end_line(std::string& out, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

void add_csv_row(std::string& out, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i != 0) out += ',';
    if (cells[i].find_first_of(",\"\r\n") == std::string::npos) {
      out += cells[i];
      continue;
    }
    out += '"';
    for (const char c : cells[i]) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
  out += "\n";
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  WATTRING_CHECK(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  widths.reserve(columns_.size());
  for (const Column& column : columns_) widths.push_back(display_width(column.heading));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string out;
  std::string line;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i != 0) line += "  ";
    add_cell(line, columns_[i].heading, widths[i], columns_[i].align);
  }
  end_line(out, std::move(line));
  for (const auto& row : rows_) {
    line.clear();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i != 0) line += "  ";
      add_cell(line, row[i], widths[i], columns_[i].align);
    }
    end_line(out, std::move(line));
  }
  return out;
}

std::string Csv::text() const {
  std::string out;
  add_csv_row(out, columns);
  for (const auto& row : rows) add_csv_row(out, row);
  return out;
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace wattring::ctl
