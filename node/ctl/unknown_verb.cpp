// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/unknown_verb.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

const Verb* find(const std::vector<Verb>& verbs, const std::string& name) {
  const auto found = std::find_if(verbs.begin(), verbs.end(), [&](const Verb& one) { return one.name == name; });
  return found == verbs.end() ? nullptr : &*found;
}

/// Whether the argument after this one is its value. An option of a verb above counts as well.
bool takes_next(const std::vector<const Verb*>& path, const std::string& option) {
  return std::any_of(path.begin(), path.end(), [&](const Verb* verb) {
    return std::find(verb->with_value.begin(), verb->with_value.end(), option) != verb->with_value.end();
  });
}

std::string words(const std::vector<const Verb*>& path) {
  std::string text;
  for (const Verb* verb : path) text += (text.empty() ? "" : " ") + verb->name;
  return text;
}

}  // namespace

std::optional<std::string> unknown_verb(const Verb& root, const std::vector<std::string>& arguments) {
  std::vector<const Verb*> path{&root};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.starts_with('-')) {
      if (takes_next(path, word)) ++i;
      continue;
    }
    const Verb& here = *path.back();
    if (const Verb* next = find(here.verbs, word)) {
      path.push_back(next);
      continue;
    }
    if (here.verbs.empty() || here.takes_words) return std::nullopt;
    std::vector<std::string> names;
    names.reserve(here.verbs.size());
    for (const Verb& one : here.verbs) names.push_back(one.name);
    const std::string before = words(path);
    return fmt::format("\"{}\" is no verb of {}; the nearest is: {} {}\nAll of them: {} --help\n", word.substr(0, 80),
                       before, before, nearest_word(word, names), before);
  }
  return std::nullopt;
}

}  // namespace wattring::ctl
