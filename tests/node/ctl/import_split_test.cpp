// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/import_split.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace wattring::ctl {
namespace {

ChunkReader::Source from(std::string text) {
  return [text = std::move(text), at = std::size_t{0}](char* buffer, std::size_t size) mutable {
    const std::size_t n = std::min(size, text.size() - at);
    std::memcpy(buffer, text.data() + at, n);
    at += n;
    return n;
  };
}

/// The bodies of all chunks and, after each, "@" and the number of its first item.
std::vector<std::string> chunks(ImportFormat format, std::size_t bytes, std::string text) {
  ChunkReader reader(format, bytes, from(std::move(text)));
  std::vector<std::string> out;
  while (true) {
    auto chunk = reader.next();
    if (!chunk) {
      out.push_back("error: " + chunk.error().message);
      return out;
    }
    if (!*chunk) return out;
    out.push_back((*chunk)->body + "@" + std::to_string((*chunk)->first_item));
  }
}

using Strings = std::vector<std::string>;

TEST(ImportSplit, LinesStayWholeAndAreNumbered) {
  EXPECT_EQ(chunks(ImportFormat::line, 8, "aaa\nbbb\n\ncccccccccccc\nd"),
            (Strings{"aaa\nbbb\n@1", "\n@3", "cccccccccccc\n@4", "d@5"}));
  EXPECT_EQ(chunks(ImportFormat::line, 8, ""), Strings{});
  EXPECT_EQ(chunks(ImportFormat::ndjson, 100, "{}\n{}\n"), Strings{"{}\n{}\n@1"});
}

TEST(ImportSplit, TelegramsBeginAtASlashAndAPartialOneInFrontIsPassedOver) {
  const std::string telegram = "/ABC\r\n\r\n1-0:1.8.1(1*kWh)\r\n!1234\r\n";
  ChunkReader reader(ImportFormat::p1, 70, from("0:2.8.1(3*kWh)\r\n!9999\r\n" + telegram + telegram + telegram));
  const auto first = reader.next();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->items(), 2U);
  EXPECT_EQ((*first)->item(0), telegram);
  EXPECT_EQ((*first)->first_item, 1U);
  const auto second = reader.next();
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->body, telegram);
  EXPECT_EQ((*second)->first_item, 3U);
  EXPECT_EQ(reader.skipped_bytes(), 23U);
  EXPECT_FALSE(*reader.next());
}

TEST(ImportSplit, ElementsOfAnArrayBecomeArrays) {
  EXPECT_EQ(chunks(ImportFormat::json_array, 16, R"( [ {"a":"]},["} , {"b":"\"["},3,[4,5] ] )"),
            (Strings{R"([{"a":"]},["} ]@1)", R"([{"b":"\"["},3]@2)", R"([[4,5] ]@4)"}));
  EXPECT_EQ(chunks(ImportFormat::json_array, 20, "[]"), Strings{});
}

TEST(ImportSplit, ABrokenArrayIsAnErrorWithItsPlace) {
  EXPECT_EQ(chunks(ImportFormat::json_array, 3, "[1,2,3"),
            (Strings{"[1]@1", "[2]@2", "error: byte 6 of the file, element 3: the array is not closed"}));
  EXPECT_EQ(chunks(ImportFormat::json_array, 100, "[1] 2"),
            (Strings{"[1]@1", "error: byte 5 of the file, element 2: there is something after the array's end"}));
  EXPECT_EQ(chunks(ImportFormat::json_array, 100, "{}"),
            Strings{"error: byte 1 of the file, element 1: a JSON array begins with ["});
}

TEST(ImportSplit, AnItemThatNoNodeTakesIsAnErrorAndNotMemory) {
  const std::string big(ChunkReader::kItemBytesMax + (4U << 20U), 'x');
  EXPECT_EQ(chunks(ImportFormat::line, 100, "a\n" + big),
            (Strings{"a\n@1", "error: byte 3 of the file, line 2: is longer than 8 MiB"}));
  EXPECT_EQ(chunks(ImportFormat::json_array, 100, "[\"" + big).back(),
            "error: byte 2 of the file, element 1: is longer than 8 MiB");
  EXPECT_EQ(chunks(ImportFormat::p1, 100, "/" + big).back(),
            "error: byte 1 of the file, telegram 1: is longer than 8 MiB");
}

TEST(ImportSplit, TheFormatIsSeenFromTheContent) {
  EXPECT_EQ(*detect_import_format("energy,meter=M-1 import_kwh=3.5 1000\n"), ImportFormat::line);
  EXPECT_EQ(*detect_import_format("# a comment\n\nenergy,meter=M-1 import_kwh=3.5\n"), ImportFormat::line);
  EXPECT_EQ(*detect_import_format("\n  [ {"), ImportFormat::json_array);
  EXPECT_EQ(*detect_import_format("{\"meter\":\"M\"}\n"), ImportFormat::ndjson);
  EXPECT_EQ(*detect_import_format("/ISk5\\2MT382-1000\r\n\r\n1-3:0.2.8(50)\r\n"), ImportFormat::p1);
  EXPECT_EQ(*detect_import_format("8.1(000003*kWh)\r\n1-0:1.8.2(000004.000*kWh)\r\n!\r\n/KFM5"), ImportFormat::p1);
}

TEST(ImportSplit, WhatIsNoneOfThemIsRefusedWithAHint) {
  EXPECT_EQ(detect_import_format("").error().message, "the file is empty");
  EXPECT_EQ(detect_import_format("100,NEM12,200506081149,UNITEDDP,NEMMCO\n").error().message, "this looks like NEM12");
  EXPECT_FALSE(detect_import_format("date;kWh\n2024-01-01;3,5\n"));
  EXPECT_FALSE(detect_import_format(std::string("\0\1\2", 3)));
}

}  // namespace
}  // namespace wattring::ctl
