// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/commands/complete.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <set>

#include "node/ctl/commands/alerts.hpp"
#include "node/ctl/problem_texts.hpp"
#include "node/ctl/rule_texts.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kWaitMs = 300;
constexpr std::size_t kWordsMax = 200;

struct Place {
  std::string_view words;
  std::string_view list;
};
constexpr std::array<Place, 19> kPlaces{{{"alerts ack", "alerts"},
                                         {"alerts mute", "alerts"},
                                         {"alerts unmute", "silences"},
                                         {"alerts explain", "kinds"},
                                         {"problems explain", "codes"},
                                         {"rules show", "rules"},
                                         {"actors", "actors"},
                                         {"actors resume", "actors"},
                                         {"node drain", "nodes"},
                                         {"node resume", "nodes"},
                                         {"node remove", "nodes"},
                                         {"wait node-up", "nodes"},
                                         {"shards where", "meters"},
                                         {"meter show", "meters"},
                                         {"meter intervals", "meters"},
                                         {"meter tail", "meters"},
                                         {"meter verify", "meters"},
                                         {"meter quarantine release", "quarantine"},
                                         {"meter quarantine drop", "quarantine"}}};

/// Where a list of names is: the request, the member with the rows, and their member with the name.
struct Source {
  std::string_view list;
  std::string_view target;
  std::string_view rows;
  std::string_view name;
  bool prefix = false;  ///< the beginning goes into the request
};
constexpr std::array<Source, 7> kSources{{{"alerts", "/api/v1/alerts?limit=200", "alerts", "id"},
                                          {"silences", "/api/v1/silences", "silences", "id"},
                                          {"rules", "/api/v1/rules", "rules", "name"},
                                          {"actors", "/api/v1/actors?depth=2", "actors", "path"},
                                          {"meters", "/api/v1/meters?limit=200&prefix=", "meters", "meter", true},
                                          {"nodes", "/api/v1/members", "members", "node"},
                                          {"quarantine", "/api/v1/quarantine", "quarantine", "id"}}};

/// Shells expand the words that they are given.
bool is_harmless(std::string_view word) {
  return !word.empty() && word.front() != '-' && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("._-/:@+").find(c) != std::string_view::npos;
  });
}

std::vector<std::string> words_of(const std::string& list, const std::string& prefix, const Context& context,
                                  const Globals& globals) {
  std::vector<std::string> words;
  if (list == "kinds")
    for (const RuleText& text : rule_texts()) words.emplace_back(text.kind);
  if (list == "codes")
    for (const ProblemText& text : problem_texts()) words.emplace_back(text.code);
  for (const Source& source : kSources) {
    if (source.list != list) continue;
    Session session(context, globals);
    const auto body = session.get(std::string(source.target) + (source.prefix ? percent_encode(prefix) : ""));
    if (!body) continue;
    for (const Json& row : (*body)[source.rows].items()) words.push_back(row[source.name].string());
  }
  return words;
}

}  // namespace

std::string_view completion_list(std::string_view words) {
  const auto found =
      std::find_if(kPlaces.begin(), kPlaces.end(), [&](const Place& place) { return place.words == words; });
  return found == kPlaces.end() ? std::string_view() : found->list;
}

int complete_words(const std::string& list, const std::string& prefix, const Context& context, Globals globals) {
  globals.timeout_ms = std::min(globals.timeout_ms, kWaitMs);
  globals.nodes.resize(std::min<std::size_t>(globals.nodes.size(), 1));
  std::set<std::string> words;
  for (std::string& word : words_of(list, prefix, context, globals)) {
    if (list == "alerts") word.resize(std::min(word.size(), kShortIdDigits));
    if (word.starts_with(prefix) && is_harmless(word) && words.size() < kWordsMax) words.insert(std::move(word));
  }
  for (const std::string& word : words) context.out << word << "\n";
  return kExitDone;
}

}  // namespace wattring::ctl
