// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <variant>
#include <vector>

#include "base/bytes.hpp"

namespace wattring {
namespace {

/// One write, by kind; the same list is written and read back.
struct Field {
  int kind = 0;
  std::uint64_t number = 0;
  std::string text;
};

rc::Gen<Field> any_field() {
  return rc::gen::build<Field>(rc::gen::set(&Field::kind, rc::gen::inRange(0, 7)),
                               rc::gen::set(&Field::number, rc::gen::arbitrary<std::uint64_t>()),
                               rc::gen::set(&Field::text, rc::gen::arbitrary<std::string>()));
}

void write(ByteWriter& writer, const Field& field) {
  switch (field.kind) {
    case 0:
      return writer.u8(static_cast<std::uint8_t>(field.number));
    case 1:
      return writer.u16_be(static_cast<std::uint16_t>(field.number));
    case 2:
      return writer.u32_be(static_cast<std::uint32_t>(field.number));
    case 3:
      return writer.u64_be(field.number);
    case 4:
      return writer.varint(field.number);
    case 5:
      return writer.zigzag(static_cast<std::int64_t>(field.number));
    default:
      return writer.sized_bytes(field.text);
  }
}

bool read_same(ByteReader& reader, const Field& field) {
  switch (field.kind) {
    case 0:
      return reader.u8() == static_cast<std::uint8_t>(field.number);
    case 1:
      return reader.u16_be() == static_cast<std::uint16_t>(field.number);
    case 2:
      return reader.u32_be() == static_cast<std::uint32_t>(field.number);
    case 3:
      return reader.u64_be() == field.number;
    case 4:
      return reader.varint() == field.number;
    case 5:
      return reader.zigzag() == static_cast<std::int64_t>(field.number);
    default:
      return reader.sized_bytes() == field.text;
  }
}

TEST(BytesProperty, WhatIsWrittenIsReadBack) {
  EXPECT_TRUE(rc::check([] {
    const auto fields = *rc::gen::container<std::vector<Field>>(any_field());
    std::string bytes;
    ByteWriter writer(bytes);
    for (const Field& field : fields) write(writer, field);
    ByteReader reader(bytes);
    for (const Field& field : fields) RC_ASSERT(read_same(reader, field));
    RC_ASSERT(reader.at_end());
  }));
}

TEST(BytesProperty, ACutMessageIsNeverReadAsAWholeOne) {
  EXPECT_TRUE(rc::check([] {
    const auto fields = *rc::gen::nonEmpty(rc::gen::container<std::vector<Field>>(any_field()));
    std::string bytes;
    ByteWriter writer(bytes);
    for (const Field& field : fields) write(writer, field);
    bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
    ByteReader reader(bytes);
    for (const Field& field : fields) read_same(reader, field);
    RC_ASSERT(!reader.ok());
  }));
}

TEST(BytesProperty, AnyBytesAtAllAreReadWithoutLeavingTheBuffer) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    ByteReader reader(bytes);
    const auto kinds = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 7));
    for (const int kind : kinds) {
      read_same(reader, Field{kind, 0, ""});
      RC_ASSERT(reader.remaining() <= bytes.size());
    }
    RC_ASSERT(reader.ok() || reader.remaining() == 0U);
  }));
}

TEST(BytesProperty, BigEndianBytesSortLikeTheirNumbers) {
  EXPECT_TRUE(rc::check([](std::uint64_t a, std::uint64_t b) {
    std::string bytes_a;
    std::string bytes_b;
    ByteWriter(bytes_a).u64_be(a);
    ByteWriter(bytes_b).u64_be(b);
    RC_ASSERT((a < b) == (bytes_a < bytes_b));
  }));
}

}  // namespace
}  // namespace wattring
