// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/commands/keygen.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "cluster/curve.hpp"
#include "cluster/zmq_curve.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/session.hpp"

namespace wattring::ctl {
namespace {

using cluster::CurveKeys;

std::string name_of(const KeygenArguments& arguments) {
  if (!arguments.name.empty() || arguments.file == "-") return arguments.name;
  return std::filesystem::path(arguments.file).stem().string();
}

/// The cluster's part of the file.
Outcome<CurveKeys> cluster_part(const KeygenArguments& arguments) {
  if (!arguments.like.empty()) {
    auto keys = cluster::load_key_file(arguments.like);
    if (!keys) return tl::unexpected(Trouble{kExitUsage, keys.error().text() + "\n"});
    if (keys->cluster_secret.empty() && !arguments.client)
      return usage_trouble(arguments.like + " is a client's key file; --like needs a node's\n");
    return std::move(*keys);
  }
  if (arguments.client) return usage_trouble("a client needs the key file of a node of its cluster: --like FILE\n");
  const cluster::CurvePair pair = cluster::new_curve_pair();
  CurveKeys keys;
  keys.cluster_public = {pair.public_key};
  keys.cluster_secret = pair.secret_key;
  return keys;
}

std::string next_steps(const KeygenArguments& arguments, const std::string& allow) {
  const std::string where = arguments.file == "-" ? "where you keep it" : arguments.file;
  if (arguments.client)
    return fmt::format(
        "1. Add this line to the key file of each node, then reload it (SIGHUP):\n     {}\n"
        "2. Give {} to the client alone, with mode 0600: wattringsim run --keys FILE\n",
        allow, where);
  std::string text =
      fmt::format("1. Put {} on the node, readable by its user alone, and name it: cluster.keys\n", where);
  if (!arguments.like.empty())
    text +=
        fmt::format("2. Add this line to the key file of each other node, then reload it (SIGHUP):\n     {}\n", allow);
  text += fmt::format("{}. For the next node: wattringctl keygen NAME.keys --like {}\n", arguments.like.empty() ? 2 : 3,
                      arguments.file == "-" ? "FILE" : arguments.file);
  return text;
}

/// For the other nodes' files.
std::string line_for(const KeygenArguments& arguments, const std::string& name, const std::string& key) {
  return cluster::allow_line({key, name, arguments.client ? cluster::KeyRole::client : cluster::KeyRole::node});
}

Answer answer_of(const KeygenArguments& arguments, const std::string& name, const std::string& key) {
  const std::string allow = line_for(arguments, name, key);
  Answer answer;
  answer.document.set("schema", "wattring.keys/1").set("file", arguments.file).set("name", name);
  answer.document.set("role", arguments.client ? "client" : "node").set("public_key", key).set("allow", allow);
  answer.csv = flattened(answer.document);
  answer.text = fmt::format("{} holds the keys of {} {}.\n\nNext\n{}", arguments.file,
                            arguments.client ? "client" : "node", name, next_steps(arguments, allow));
  return answer;
}

}  // namespace

Outcome<Answer> keygen(const KeygenArguments& arguments, const Context& context) {
  const std::string name = name_of(arguments);
  if (name.empty()) return usage_trouble("say whose keys they are: --name NAME\n");
  const bool print = arguments.file == "-";
  if (print && context.out_is_terminal && !arguments.show_secret)
    return usage_trouble("the keys would be shown on the terminal; name a file, or add --show-secret\n");
  auto keys = cluster_part(arguments);
  if (!keys) return tl::unexpected(keys.error());
  keys->own = cluster::new_curve_pair();
  if (arguments.client) {
    keys->cluster_secret.clear();
    keys->allowed.clear();
  } else {
    keys->allowed.push_back({keys->own.public_key, name, cluster::KeyRole::node});
  }
  const std::string text = cluster::format_curve_keys(*keys);
  // A name that would not be read back is found before anything is written.
  if (const auto parsed = cluster::parse_curve_keys(text); !parsed)
    return usage_trouble("--name " + name + " cannot be used\n");
  if (print) {
    Answer answer;
    answer.text = text;
    answer.note = answer_of(arguments, name, keys->own.public_key).text;
    answer.document.set("schema", "wattring.keys/1").set("file", "-").set("name", name);
    answer.document.set("role", arguments.client ? "client" : "node").set("public_key", keys->own.public_key);
    answer.document.set("allow", line_for(arguments, name, keys->own.public_key)).set("text", text);
    return answer;
  }
  const auto written = cluster::write_key_file(arguments.file, *keys);
  if (!written) return tl::unexpected(Trouble{kExitInternal, written.error().text() + "\n"});
  return answer_of(arguments, name, keys->own.public_key);
}

}  // namespace wattring::ctl
