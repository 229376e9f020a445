// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/json.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace wattring::ctl {
namespace {

constexpr std::size_t kDepthMax = 64;

/// Builds a Json from the parser's events. A false return stops the parser.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Json result;

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(std::int64_t{value})); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return add(Json(static_cast<double>(value)));
    }
    return add(Json(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(Json(value)); }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json(Json::Object{})); }
  bool key(string_t& value) override {
    open_.back().key = std::move(value);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json(Json::Array{})); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  struct Open {
    Json value;
    std::string key;  ///< of the member that comes next
  };

  bool add(Json value) {
    if (open_.empty()) {
      result = std::move(value);
    } else if (open_.back().value.is_array()) {
      open_.back().value.push(std::move(value));
    } else {
      open_.back().value.set(open_.back().key, std::move(value));
    }
    return true;
  }
  bool open(Json value) {
    if (open_.size() >= kDepthMax) return false;
    open_.push_back({std::move(value), {}});
    return true;
  }
  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  std::vector<Open> open_;
};

void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(byte));
    } else {
      out += c;
    }
  }
  out += '"';
}

void new_line(std::string& out, int indent, int depth) {
  if (indent == 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(indent) * static_cast<std::size_t>(depth), ' ');
}

}  // namespace

bool Json::boolean(bool otherwise) const {
  const auto* value = std::get_if<bool>(&value_);
  return value == nullptr ? otherwise : *value;
}

std::int64_t Json::integer(std::int64_t otherwise) const {
  const auto* value = std::get_if<std::int64_t>(&value_);
  return value == nullptr ? otherwise : *value;
}

double Json::number(double otherwise) const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  const auto* value = std::get_if<std::int64_t>(&value_);
  return value == nullptr ? otherwise : static_cast<double>(*value);
}

const std::string& Json::string() const {
  static const std::string kNone;
  const auto* value = std::get_if<std::string>(&value_);
  return value == nullptr ? kNone : *value;
}

const Json::Array& Json::items() const {
  static const Array kNone;
  const auto* value = std::get_if<Array>(&value_);
  return value == nullptr ? kNone : *value;
}

const Json::Object& Json::members() const {
  static const Object kNone;
  const auto* value = std::get_if<Object>(&value_);
  return value == nullptr ? kNone : *value;
}

const Json& Json::operator[](std::string_view name) const {
  static const Json kNone;
  for (const Member& member : members()) {
    if (member.first == name) return member.second;
  }
  return kNone;
}

Json& Json::set(std::string_view name, Json value) {
  if (!is_object()) value_ = Object{};
  auto& object = std::get<Object>(value_);
  for (Member& member : object) {
    if (member.first != name) continue;
    member.second = std::move(value);
    return *this;
  }
  object.emplace_back(std::string(name), std::move(value));
  return *this;
}

Json& Json::push(Json value) {
  if (!is_array()) value_ = Array{};
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

void Json::write(std::string& out, int indent, int depth) const {
  if (is_null()) {
    out += "null";
  } else if (is_bool()) {
    out += boolean() ? "true" : "false";
  } else if (is_integer()) {
    out += fmt::format("{}", integer());
  } else if (is_number()) {
    out += std::isfinite(number()) ? fmt::format("{}", number()) : "null";
  } else if (is_string()) {
    write_string(out, string());
  } else if (is_array()) {
    out += '[';
    for (std::size_t i = 0; i < items().size(); ++i) {
      if (i != 0) out += ',';
      new_line(out, indent, depth + 1);
      items()[i].write(out, indent, depth + 1);
    }
    if (!items().empty()) new_line(out, indent, depth);
    out += ']';
  } else {
    out += '{';
    for (std::size_t i = 0; i < members().size(); ++i) {
      if (i != 0) out += ',';
      new_line(out, indent, depth + 1);
      write_string(out, members()[i].first);
      out += indent == 0 ? ":" : ": ";
      members()[i].second.write(out, indent, depth + 1);
    }
    if (!members().empty()) new_line(out, indent, depth);
    out += '}';
  }
}

std::string Json::compact() const {
  std::string out;
  write(out, 0, 0);
  return out;
}

std::string Json::pretty() const {
  std::string out;
  write(out, 2, 0);
  return out;
}

Result<Json> parse_json(std::string_view text) {
  Builder builder;
  if (!nlohmann::json::sax_parse(text, &builder)) {
    return fail(ErrorCode::invalid_argument, "not JSON, or nested too deep");
  }
  return std::move(builder.result);
}

}  // namespace wattring::ctl
