// SPDX-License-Identifier: Apache-2.0
#include "node/app/config_print.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "node/app/config_keys.hpp"

namespace wattring::app {
namespace {

TEST(ConfigPrint, TheDefaultsParseBackToTheDefaults) {
  const auto loaded = load_config({{{"defaults.toml", config_toml(Config{})}}, {}, {}});
  ASSERT_TRUE(loaded) << loaded.error().front().text();
  EXPECT_EQ(loaded->config, Config{});
  EXPECT_EQ(loaded->origins.size(), config_keys().size());
}

TEST(ConfigPrint, EachKeyStandsInTheDefaultsBelowItsMeaning) {
  const std::string text = config_toml(Config{});
  for (const ConfigKey& key : config_keys()) {
    EXPECT_NE(text.find("\n" + key.name + " = " + key.get(Config{}) + "\n"), std::string::npos) << key.path();
    EXPECT_FALSE(key.meaning.empty()) << key.path();
  }
}

TEST(ConfigPrint, ShowTellsWhereEachValueComesFrom) {
  const auto loaded = load_config({{{"w.toml", "[[p1]]\nname = \"barn\"\nconnect = \"barn:23\"\n"}},
                                   {{"WATTRING_LOG_LEVEL", "debug"}},
                                   {"http.threads=3"}});
  ASSERT_TRUE(loaded);
  const std::string text = show_config(*loaded, true);
  EXPECT_NE(text.find("log.level                           = \"debug\"            env WATTRING_LOG_LEVEL\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("http.threads                        = 3                  --set\n"), std::string::npos) << text;
  EXPECT_NE(text.find("listen.http                         = \"127.0.0.1:7414\"   default\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("p1.barn.connect                     = \"barn:23\"          w.toml:1\n"), std::string::npos)
      << text;
  EXPECT_NE(show_config(*loaded, false).find("http.threads                        = 3\n"), std::string::npos);
}

TEST(ConfigPrint, OnlyChangedSettingsAreNamedAtStart) {
  const auto loaded = load_config({{}, {}, {"http.threads=3"}});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(changed_settings(*loaded), std::vector<std::string>{"http.threads = 3 (--set)"});
}

TEST(ConfigPrint, TheReferencePageHoldsTheReferenceOfThisBuild) {
  std::ifstream page(WATTRING_REFERENCE_PAGE);
  ASSERT_TRUE(page) << WATTRING_REFERENCE_PAGE;
  const std::string text{std::istreambuf_iterator<char>(page), std::istreambuf_iterator<char>()};
  EXPECT_NE(text.find(config_reference()), std::string::npos)
      << "docs/operations/configuration.md must hold the output of `wattringd config docs`:\n"
      << config_reference();
}

}  // namespace
}  // namespace wattring::app
