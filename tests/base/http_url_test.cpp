// SPDX-License-Identifier: Apache-2.0
#include "base/http_url.hpp"

#include <gtest/gtest.h>

namespace wattring {
namespace {

TEST(HttpUrl, IsTakenApart) {
  EXPECT_EQ(parse_http_url("http://hooks.example:8080/a/b?c=d").value(),
            (HttpUrl{false, "hooks.example", 8080, "/a/b?c=d"}));
  EXPECT_EQ(parse_http_url("https://10.0.0.1").value(), (HttpUrl{true, "10.0.0.1", 443, "/"}));
  EXPECT_EQ(parse_http_url("http://[::1]:9093").value(), (HttpUrl{false, "::1", 9093, "/"}));
  EXPECT_EQ(parse_http_url("http://h?x=1").value(), (HttpUrl{false, "h", 80, "/?x=1"}));
}

TEST(HttpUrl, OriginReadsBack) {
  for (const char* text : {"http://[::1]:9093", "https://a.b:443", "http://127.0.0.1:80"}) {
    EXPECT_EQ(parse_http_url(text).value().origin(), text);
  }
}

TEST(HttpUrl, RefusesWhatIsNone) {
  for (const char* text : {"", "h:80", "ftp://h/", "http://", "http:///x", "http://h:0/", "http://h:65536/",
                           "http://h:/", "http://h:80x/", "http://[::1/", "http://[::1]80/", "http://a b/",
                           "http://h/#top", "http://h/\r\nX-Evil: 1", "http://user@h/"}) {
    EXPECT_FALSE(parse_http_url(text)) << text;
  }
  EXPECT_FALSE(parse_http_url("http://h/" + std::string(5000, 'x')));
}

TEST(HttpUrl, APasswordStaysOutOfTheMessage) {
  const auto refused = parse_http_url("https://me:hunter2@h/");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace wattring
