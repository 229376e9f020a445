// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wattring::ctl {

/// Rows under headings, columns as wide as their widest cell, two spaces between them.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string heading;
    Align align = Align::left;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// As many cells as columns.
  void add(std::vector<std::string> cells);
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  /// Lines end without spaces.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// RFC 4180: a heading line, then the rows.
struct Csv {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  [[nodiscard]] std::string text() const;
};

/// Columns that UTF-8 text takes on a terminal, one per code point.
[[nodiscard]] std::size_t display_width(std::string_view text);

}  // namespace wattring::ctl
