// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/token_verbs.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ostream>

#include "node/ctl/output.hpp"
#include "node/ctl/token_file.hpp"
#include "node/http/token.hpp"

namespace wattring::ctl {
namespace {

int trouble(const Context& context, const Error& error) {
  context.err << error.message << (error.hint.empty() ? "" : "\n  " + error.hint) << "\n";
  return error.code == ErrorCode::io ? kExitInternal : kExitUsage;
}

/// The token goes to its file, or to standard output, alone, for a pipe; the rest is for people.
int token_new(const TokenArguments& arguments, const Context& context, const Globals& globals) {
  if (!http::is_token_name(arguments.name)) {
    context.err << "--name is made of 1 to 64 letters, digits, \"-\", \"_\" and \".\"\n";
    return kExitUsage;
  }
  const auto roles = http::parse_roles(arguments.role);
  if (!roles) return trouble(context, roles.error());
  const std::string secret = http::make_token();
  const std::string line = http::token_line({arguments.name, *roles, http::hash_token(secret)});
  if (!arguments.out.empty())
    if (const auto written = write_token_file(arguments.out, secret); !written)
      return trouble(context, written.error());
  if (!arguments.file.empty())
    if (const auto added = add_token_line(arguments.file, arguments.name, line); !added)
      return trouble(context, added.error());
  Answer answer;
  const bool shown = arguments.out.empty();
  if (shown) answer.text = secret + "\n";
  answer.document.set("schema", "wattring.token-new/1").set("name", arguments.name);
  answer.document.set("role", http::to_string(*roles)).set("line", line);
  answer.document.set("token", shown ? Json(secret) : Json(nullptr));
  answer.document.set("token_file", shown ? Json(nullptr) : Json(arguments.out));
  answer.document.set("file", arguments.file.empty() ? Json(nullptr) : Json(arguments.file));
  answer.csv = flattened(answer.document);
  context.out << render(answer, globals.format);
  if (arguments.file.empty()) {
    context.err << fmt::format("Add this line to the file http.tokens of every node:\n{}\n", line);
  } else {
    context.err << fmt::format("Its hash is in {}; nodes read the file again within a second.\n", arguments.file);
  }
  context.err << (shown
                      ? "The token is shown this once. Keep it in a file of mode 600 and name that with --token-file.\n"
                      : fmt::format("The token is in {}: name that with --token-file.\n", arguments.out));
  return kExitDone;
}

}  // namespace

void add_token_verbs(CLI::App& root, TokenArguments& arguments, VerbFunction& verb) {
  CLI::App& token = *root.add_subcommand("token", "Bearer tokens for the HTTP listener");
  token.require_subcommand(1);
  CLI::App& add = *token.add_subcommand("new", "Make a token, print it once, keep its hash");
  add.add_option("--name", arguments.name, "Whose it is: stands in the audit log")->required();
  add.add_option("--role", arguments.role, "read, write, admin, or several: read,write")->required();
  add.add_option("--file", arguments.file, "The file http.tokens of a node, to add the hash to; else it is printed")
      ->type_name("FILE");
  add.add_option("--out", arguments.out, "New file of mode 600 for the token, instead of standard output")
      ->type_name("FILE");
  add.callback([&arguments, &verb] {
    verb = [&arguments](const Context& context, const Globals& globals) {
      return token_new(arguments, context, globals);
    };
  });
}

}  // namespace wattring::ctl
