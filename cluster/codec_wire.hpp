// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/utf8.hpp"
#include "cluster/codec_reader.hpp"
#include "cluster/endpoint.hpp"

/// How single values stand in a frame. Each has write(out, value), read(in, value), which checks, and absent(value): an
/// optional field is left out then. `out` is a PackWriter or a PackSizer.

namespace wattring::cluster::wire {

/// Unsigned numbers, enums and bools.
struct Number {
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t absent_value = 0;

  template <class Out, class T>
  void write(Out& out, const T& value) const {
    out.uint(static_cast<std::uint64_t>(value));
  }
  template <class T>
  void read(BodyReader& in, T& value) const {
    value = static_cast<T>(in.number(max));
  }
  template <class T>
  [[nodiscard]] bool absent(const T& value) const {
    return static_cast<std::uint64_t>(value) == absent_value;
  }
};
inline constexpr Number kU64{};
inline constexpr Number kU32{std::numeric_limits<std::uint32_t>::max()};
inline constexpr Number kU16{std::numeric_limits<std::uint16_t>::max()};
inline constexpr Number kU8{std::numeric_limits<std::uint8_t>::max()};
inline constexpr Number kFlag{1};

struct Integer {
  template <class Out>
  void write(Out& out, std::int64_t value) const {
    out.integer(value);
  }
  void read(BodyReader& in, std::int64_t& value) const { value = in.integer(); }
};

/// A str of UTF-8 without control characters: it goes to terminals, logs and labels.
struct Text {
  std::size_t min = 0;
  std::size_t max = 0;

  template <class Out>
  void write(Out& out, const std::string& value) const {
    out.text(value);
  }
  void read(BodyReader& in, std::string& value) const {
    const std::string_view text = in.text(min, max);
    if (!is_plain_text(text)) in.fail(DecodeError::limit, "control characters, or bytes that are not UTF-8, in a text");
    if (in.ok()) value = text;
  }
  [[nodiscard]] bool absent(const std::string& value) const { return value.empty(); }
};

/// A bin.
struct Bytes {
  std::size_t max = 0;

  template <class Out>
  void write(Out& out, const std::string& value) const {
    out.binary(value);
  }
  void read(BodyReader& in, std::string& value) const { value = in.text(0, max); }
  [[nodiscard]] bool absent(const std::string& value) const { return value.empty(); }
};

struct Endpoint {
  std::size_t min = 0;  ///< 0: may be empty
  bool bin = false;     ///< of a record's field that older releases carry on

  template <class Out>
  void write(Out& out, const std::string& value) const {
    bin ? out.binary(value) : out.text(value);
  }
  void read(BodyReader& in, std::string& value) const {
    const std::string_view text = in.text(min, kEndpointBytesMax);
    if (!text.empty() && !is_numeric_endpoint(text))
      in.fail(DecodeError::endpoint, "not a numeric address with a port");
    if (in.ok()) value = text;
  }
  [[nodiscard]] bool absent(const std::string& value) const { return value.empty(); }
};

/// 128 bits as a bin.
struct Bits128 {
  using Array = std::array<std::uint8_t, 16>;
  template <class Out, class T>
  void write(Out& out, const T& value) const {
    out.binary({reinterpret_cast<const char*>(array_of(value).data()), sizeof(Array)});
  }
  template <class T>
  void read(BodyReader& in, T& value) const {
    const std::string_view bytes = in.text(sizeof(Array), sizeof(Array));
    std::ranges::transform(bytes, array_of(value).begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  }

 private:
  static Array& array_of(Array& value) { return value; }
  static const Array& array_of(const Array& value) { return value; }
  template <class Tag>
  static Array& array_of(Id128<Tag>& value) {
    return value.bytes;
  }
  template <class Tag>
  static const Array& array_of(const Id128<Tag>& value) {
    return value.bytes;
  }
};

/// 64-bit hashes in one bin, eight bytes each, high bits first.
struct Hashes {
  std::size_t max = 0;

  template <class Out>
  void write(Out& out, const std::vector<std::uint64_t>& value) const {
    std::string bytes;
    bytes.reserve(value.size() * sizeof(std::uint64_t));
    ByteWriter writer(bytes);
    for (const std::uint64_t hash : value) writer.u64_be(hash);
    out.binary(bytes);
  }
  void read(BodyReader& in, std::vector<std::uint64_t>& value) const {
    const std::string_view bytes = in.text(0, max * sizeof(std::uint64_t));
    if (bytes.size() % sizeof(std::uint64_t) != 0) in.fail(DecodeError::limit, "not a multiple of 8 bytes");
    if (!in.ok()) return;
    ByteReader reader(bytes);
    value.resize(bytes.size() / sizeof(std::uint64_t));
    for (std::uint64_t& hash : value) hash = reader.u64_be();
  }
  [[nodiscard]] bool absent(const std::vector<std::uint64_t>& value) const { return value.empty(); }
};

template <class Element>
struct List {
  std::size_t max = 0;
  std::size_t item_bytes_min = 1;
  Element element{};

  template <class Out, class T>
  void write(Out& out, const std::vector<T>& values) const {
    out.array(values.size());
    for (const T& value : values) element.write(out, value);
  }
  template <class T>
  void read(BodyReader& in, std::vector<T>& values) const {
    const std::size_t count = in.array(max, item_bytes_min);
    values.reserve(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
      const BodyReader::Step step(in, i);
      T value{};
      element.read(in, value);
      if (in.ok()) {
        values.push_back(std::move(value));
      } else if constexpr (std::is_same_v<T, News>) {
        in.broken_news();
      }
    }
  }
  template <class T>
  [[nodiscard]] bool absent(const std::vector<T>& values) const {
    return values.empty();
  }
};

/// Counts what FieldWriter will write.
class FieldCounter {
 public:
  template <class Wire, class T>
  void required(std::uint64_t, std::string_view, const Wire&, const T&) {
    ++count_;
  }
  template <class Wire, class T>
  void optional(std::uint64_t, std::string_view, const Wire& wire, const T& value) {
    if (!wire.absent(value)) ++count_;
  }
  void unknown(const std::vector<UnknownField>& fields) { count_ += fields.size(); }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::size_t count_ = 0;
};

template <class Out>
class FieldWriter {
 public:
  explicit FieldWriter(Out& out) : out_(out) {}

  template <class Wire, class T>
  void required(std::uint64_t key, std::string_view, const Wire& wire, const T& value) {
    out_.uint(key);
    wire.write(out_, value);
  }
  template <class Wire, class T>
  void optional(std::uint64_t key, std::string_view name, const Wire& wire, const T& value) {
    if (!wire.absent(value)) required(key, name, wire, value);
  }
  void unknown(const std::vector<UnknownField>& fields) {
    for (const UnknownField& field : fields) {
      out_.uint(field.tag);
      out_.binary(field.bytes);
    }
  }

 private:
  Out& out_;
};

/// Anything that codec_fields.hpp lists the fields of, as a map.
struct Map {
  template <class Out, class T>
  void write(Out& out, const T& value) const {
    FieldCounter counter;
    fields(counter, value);
    out.map(counter.count());
    FieldWriter<Out> writer(out);
    fields(writer, value);
  }
  template <class T>
  void read(BodyReader& in, T& value) const {
    FieldReader reader(in);
    fields(reader, value);
    reader.finish();
    if constexpr (requires { check_fields(in, value); }) {
      if (in.ok()) check_fields(in, value);
    }
  }
  template <class T>
  [[nodiscard]] bool absent(const T& value) const {
    return value == T{};
  }
};

/// A record behind a pointer; null is a field that is not there.
struct SharedRecord {
  template <class Out>
  void write(Out& out, const RecordPtr& value) const {
    Map{}.write(out, *value);
  }
  void read(BodyReader& in, RecordPtr& value) const {
    Record record;
    Map{}.read(in, record);
    if (in.ok()) value = std::make_shared<const Record>(std::move(record));
  }
  [[nodiscard]] bool absent(const RecordPtr& value) const { return value == nullptr; }
};

}  // namespace wattring::cluster::wire
