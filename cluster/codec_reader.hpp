// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/pack_reader.hpp"
#include "cluster/codec.hpp"

namespace wattring::cluster {

/// Reads the body of one frame. The first failure sticks with where it happened; whatever is read after it is zero or
/// empty and does nothing.
class BodyReader {
 public:
  BodyReader(std::string_view body, bool apply_in_part) : pack_(body), apply_in_part_(apply_in_part) {}
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  [[nodiscard]] bool ok() const { return !failure_; }
  [[nodiscard]] const std::optional<DecodeFailure>& failure() const { return failure_; }
  [[nodiscard]] bool at_end() const { return pack_.remaining() == 0; }
  /// Remembers the first failure.
  void fail(DecodeError kind, std::string why);

  std::uint64_t number(std::uint64_t max);
  std::int64_t integer();
  /// Length of an array of items of at least so many bytes: what is claimed fits into what is left of the frame.
  std::size_t array(std::size_t max, std::size_t item_bytes_min);
  std::size_t map();
  /// A str or bin of min..max bytes, in the frame.
  std::string_view text(std::size_t min, std::size_t max);
  void skip();

  /// A mutant's way out of a broken list: what was read of it is kept (see Mutant::apply_in_part).
  void broken_news() { in_part_ = apply_in_part_; }
  [[nodiscard]] bool in_part() const { return in_part_; }

  /// Where the reader is, for the failure's text; lives on the stack.
  class Step {
   public:
    Step(BodyReader& in, std::string_view name) : in_(in) { in_.enter(name, kNoIndex); }
    Step(BodyReader& in, std::size_t index) : in_(in) { in_.enter({}, index); }
    ~Step() { --in_.depth_; }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    BodyReader& in_;
  };

 private:
  static constexpr std::size_t kNoIndex = ~std::size_t{0};
  /// Deeper than any message: the shape of a body is fixed by codec_fields.hpp, not by its bytes.
  static constexpr std::size_t kDepthMax = 8;
  struct Place {
    std::string_view name;
    std::size_t index = kNoIndex;
  };

  void enter(std::string_view name, std::size_t index);
  [[nodiscard]] std::string path() const;

  PackReader pack_;
  std::array<Place, kDepthMax> places_{};
  std::size_t depth_ = 0;
  std::optional<DecodeFailure> failure_;
  bool apply_in_part_ = false;
  bool in_part_ = false;
};

/// Walks over one map whose keys ascend. Fields are asked for in the order of their keys; keys that nobody asks for
/// come from a newer release and are passed over.
class FieldReader {
 public:
  explicit FieldReader(BodyReader& in) : in_(in), pairs_(in.map()) { advance(); }

  template <class Wire, class T>
  void required(std::uint64_t key, std::string_view name, const Wire& wire, T& value) {
    if (read(key, name, wire, value) || !in_.ok()) return;
    const BodyReader::Step step(in_, name);
    in_.fail(DecodeError::missing, "the field " + std::to_string(key) + " is not there");
  }
  /// Keeps its default when it is not there.
  template <class Wire, class T>
  void optional(std::uint64_t key, std::string_view name, const Wire& wire, T& value) {
    read(key, name, wire, value);
  }
  /// The fields that nobody asked for, kept for those who know them.
  void unknown(std::vector<UnknownField>& fields);
  void finish();

 private:
  template <class Wire, class T>
  bool read(std::uint64_t key, std::string_view name, const Wire& wire, T& value) {
    if (!find(key)) return false;
    {
      const BodyReader::Step step(in_, name);
      wire.read(in_, value);
    }
    advance();
    return true;
  }
  bool find(std::uint64_t key);
  void advance();

  BodyReader& in_;
  std::size_t pairs_;
  std::uint64_t key_ = 0;  ///< of the value that comes next, if there is more
  bool more_ = false;
  bool first_ = true;
};

}  // namespace wattring::cluster
