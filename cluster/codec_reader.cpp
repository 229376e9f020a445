// SPDX-License-Identifier: Apache-2.0
#include "cluster/codec_reader.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace wattring::cluster {

void BodyReader::fail(DecodeError kind, std::string why) {
  if (failure_) return;
  failure_ = DecodeFailure{kind, std::nullopt, kHeaderBytes + pack_.offset(), path(), std::move(why)};
}

std::uint64_t BodyReader::number(std::uint64_t max) {
  std::uint64_t value = 0;
  if (!ok()) return 0;
  if (!pack_.read_uint(value)) {
    fail(DecodeError::malformed, "expected a number that is not negative");
    return 0;
  }
  if (value <= max) return value;
  fail(DecodeError::limit, std::to_string(value) + " is over " + std::to_string(max));
  return 0;
}

std::int64_t BodyReader::integer() {
  std::int64_t value = 0;
  if (ok() && !pack_.read_int(value)) fail(DecodeError::malformed, "expected an integer of 64 bits");
  return value;
}

std::size_t BodyReader::array(std::size_t max, std::size_t item_bytes_min) {
  std::size_t count = 0;
  if (!ok()) return 0;
  if (!pack_.read_array(count) || count > pack_.remaining() / item_bytes_min) {
    fail(DecodeError::malformed, "expected an array that ends within the frame");
    return 0;
  }
  if (count <= max) return count;
  fail(DecodeError::limit, std::to_string(count) + " items, at most " + std::to_string(max));
  return 0;
}

std::size_t BodyReader::map() {
  std::size_t pairs = 0;
  if (ok() && !pack_.read_map(pairs)) {
    fail(DecodeError::malformed, "expected a map that ends within the frame");
    return 0;
  }
  return pairs;
}

std::string_view BodyReader::text(std::size_t min, std::size_t max) {
  std::string_view text;
  if (!ok()) return {};
  if (!pack_.read_text(text)) {
    fail(DecodeError::malformed, "expected a str or bin that ends within the frame");
    return {};
  }
  if (text.size() >= min && text.size() <= max) return text;
  fail(DecodeError::limit,
       std::to_string(text.size()) + " bytes, must be " + std::to_string(min) + " to " + std::to_string(max));
  return {};
}

void BodyReader::skip() {
  if (ok() && !pack_.skip()) fail(DecodeError::malformed, "an item does not end within the frame");
}

void BodyReader::enter(std::string_view name, std::size_t index) {
  if (depth_ < kDepthMax) places_[depth_] = {name, index};
  ++depth_;
}

std::string BodyReader::path() const {
  std::string text;
  for (std::size_t i = 0; i < std::min(depth_, kDepthMax); ++i) {
    if (places_[i].index != kNoIndex) {
      text += "[" + std::to_string(places_[i].index) + "]";
    } else {
      text += (text.empty() ? "" : ".") + std::string(places_[i].name);
    }
  }
  return text;
}

void FieldReader::advance() {
  more_ = in_.ok() && pairs_ > 0;
  if (!more_) return;
  --pairs_;
  const std::uint64_t key = in_.number(std::numeric_limits<std::uint64_t>::max());
  if (in_.ok() && !first_ && key <= key_) in_.fail(DecodeError::malformed, "keys must ascend");
  first_ = false;
  key_ = key;
  more_ = in_.ok();
}

bool FieldReader::find(std::uint64_t key) {
  while (more_ && key_ < key) {
    in_.skip();
    advance();
  }
  return more_ && key_ == key;
}

void FieldReader::unknown(std::vector<UnknownField>& fields) {
  for (std::size_t bytes = 0; more_; advance()) {
    const BodyReader::Step step(in_, "unknown");
    const std::string_view value = in_.text(0, kUnknownBytesMax);
    bytes += value.size();
    if (in_.ok() && (fields.size() == kUnknownFieldsMax || bytes > kUnknownBytesMax))
      in_.fail(DecodeError::limit, "more than " + std::to_string(kUnknownFieldsMax) + " unknown fields or " +
                                       std::to_string(kUnknownBytesMax) + " bytes of them");
    if (in_.ok()) fields.push_back({key_, std::string(value)});
  }
}

void FieldReader::finish() {
  while (more_) {
    in_.skip();
    advance();
  }
}

}  // namespace wattring::cluster
