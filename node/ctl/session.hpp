// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "node/ctl/context.hpp"
#include "node/ctl/json.hpp"
#include "node/ctl/table.hpp"

namespace wattring::ctl {

/// Why a command ends early: what failed, what it means, what to do; lines for standard error.
struct Trouble {
  int exit_code = kExitInternal;
  std::string text;
  Json error = {};  ///< the "error" of a node's answer, when there was one
};
template <class T>
using Outcome = tl::expected<T, Trouble>;

/// What a command found out, in all the forms in which it can be asked for.
struct Answer {
  int exit_code = kExitDone;
  std::string text;  ///< for people
  Json document;     ///< with "schema"
  Csv csv;
  std::string rows_name;  ///< member of the document whose elements are the lines of jsonl; empty = the document itself
  std::string note;       ///< for standard error, e.g. that the list goes on
};

/// A member that did not answer, and how.
struct Silence {
  NodeAddress node;
  std::string reason;
};

/// Asks the nodes. The first that answers is asked from then on, so that pages of one listing fit together.
class Session {
 public:
  Session(const Context& context, const Globals& globals) : context_(context), globals_(globals) {}

  /// GET on the first node that answers; its body on 200.
  [[nodiscard]] Outcome<Json> get(const std::string& target);
  /// The same for any method, waiting at_least_ms for the answer. What is asked for may be done twice: a node may have
  /// fallen silent after it did it.
  [[nodiscard]] Outcome<Json> send(ApiRequest request, std::int64_t at_least_ms = 0);
  /// POST of a JSON document.
  [[nodiscard]] Outcome<Json> post(const std::string& target, const Json& body);
  /// The same on this node only; a silent node is a Silence in the trouble's text.
  struct Reply {
    NodeAddress node;
    int status = 0;  ///< 0 = silent
    Json body;
    std::string reason;  ///< when silent
  };
  /// Every node in turn.
  [[nodiscard]] std::vector<Reply> ask_all(const std::string& target);

  [[nodiscard]] Trouble nobody_answered(const std::vector<Silence>& silent) const;
  /// What a status other than 2xx means.
  [[nodiscard]] static Trouble refused(const std::string& address, int status, const Json& body);

  [[nodiscard]] const Context& context() const { return context_; }
  [[nodiscard]] const Globals& globals() const { return globals_; }

 private:
  [[nodiscard]] Reply ask(const NodeAddress& node, const ApiRequest& request);

  const Context& context_;
  const Globals& globals_;
  std::size_t answering_ = 0;  ///< index of the node that answered last
};

/// For a path or a query value.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace wattring::ctl
