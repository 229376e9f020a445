// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/completion.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wattring::ctl {
namespace {

std::string words_of(const Verb& verb, const Verb& root) {
  std::vector<std::string> words;
  words.reserve(verb.verbs.size() + verb.options.size() + root.options.size());
  for (const Verb& one : verb.verbs) words.push_back(one.name);
  words.insert(words.end(), verb.options.begin(), verb.options.end());
  for (const std::string& option : root.options) {
    if (std::find(words.begin(), words.end(), option) == words.end()) words.push_back(option);
  }
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void bash_cases(const Verb& verb, const std::string& path, const Verb& root, std::string& out) {
  out += fmt::format("    \"{}\") words=\"{}\"{} ;;\n", path, words_of(verb, root),
                     verb.list.empty() ? "" : " list=" + verb.list);
  for (const Verb& one : verb.verbs) bash_cases(one, path.empty() ? one.name : path + " " + one.name, root, out);
}

/// " meter meter/quarantine meter/quarantine/drop ..."
void bash_places(const Verb& verb, const std::string& above, std::string& out) {
  for (const Verb& one : verb.verbs) {
    out += " " + above + one.name;
    bash_places(one, above + one.name + "/", out);
  }
}

/// Walks the words before the cursor down the tree, then offers what may come next.
std::string bash_script(const Verb& root) {
  std::string verbs;
  bash_places(root, "", verbs);
  std::string out = fmt::format(
      "_{0}() {{\n"
      "  local place=\"\" words=\"\" list=\"\" word=\"${{COMP_WORDS[COMP_CWORD]}}\" i next\n"
      "  local known=\"{1} \"\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    next=\"${{place:+$place/}}${{COMP_WORDS[i]}}\"\n"
      "    [[ \"$known\" == *\" $next \"* ]] && place=\"$next\"\n"
      "  done\n"
      "  case \"${{place//\\// }}\" in\n",
      root.name, verbs);
  bash_cases(root, "", root, out);
  out += fmt::format(
      "  esac\n"
      "  [[ -n \"$list\" && \"$word\" != -* ]] && words+=\" $({0} complete \"$list\" \"$word\" 2> /dev/null)\"\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
      "}}\n"
      "complete -o default -F _{0} {0}\n",
      root.name);
  return out;
}

std::string zsh_script(const Verb& root) {
  std::string bash = bash_script(root);
  // zsh has no mapfile; its bashcompinit runs the rest as it is.
  const std::string mapfile = "mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")";
  const std::size_t at = bash.find(mapfile);
  bash.replace(at, mapfile.size(), "COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))");
  return "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" + bash;
}

std::string quoted(std::string text) {
  for (std::size_t at = text.find('\''); at != std::string::npos; at = text.find('\'', at + 2)) text.insert(at, "\\");
  return "'" + text + "'";
}

void fish_lines(const Verb& verb, const std::string& condition, const Verb& root, std::string& out) {
  for (const Verb& one : verb.verbs) {
    out +=
        fmt::format("complete -c {} -f -n {} -a {} -d {}\n", root.name, quoted(condition), one.name, quoted(one.about));
    std::string inner = fmt::format("__fish_seen_subcommand_from {}", one.name);
    if (&verb != &root) inner = fmt::format("__fish_seen_subcommand_from {}; and {}", verb.name, inner);
    if (!one.verbs.empty()) {
      std::string names;
      for (const Verb& next : one.verbs) names += " " + next.name;
      inner += fmt::format("; and not __fish_seen_subcommand_from{}", names);
    }
    fish_lines(one, inner, root, out);
  }
  if (!verb.list.empty())
    out += fmt::format("complete -c {} -f -n {} -a '({} complete {} (commandline -ct) 2> /dev/null)'\n", root.name,
                       quoted(condition), root.name, verb.list);
  for (const std::string& option : verb.options) {
    if (!option.starts_with("--")) continue;
    const std::string when = &verb == &root ? std::string() : " -n " + quoted(condition);
    out += fmt::format("complete -c {}{} -l {}\n", root.name, when, option.substr(2));
  }
}

}  // namespace

std::string completion_script(const std::string& shell, const Verb& root) {
  if (shell == "bash") return bash_script(root);
  if (shell == "zsh") return zsh_script(root);
  if (shell != "fish") return {};
  std::string out;
  fish_lines(root, "__fish_use_subcommand", root, out);
  return out;
}

}  // namespace wattring::ctl
