// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
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

/// What was asked for is at fault.
[[nodiscard]] inline tl::unexpected<Trouble> usage_trouble(std::string text) {
  return tl::unexpected(Trouble{kExitUsage, std::move(text)});
}

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
  /// The same on this node and no other.
  [[nodiscard]] Outcome<Json> send_to(const NodeAddress& node, ApiRequest request);
  /// POST of a JSON document.
  [[nodiscard]] Outcome<Json> post(const std::string& target, const Json& body);
  /// The same on this node only; a silent node is a Silence in the trouble's text.
  struct Reply {
    NodeAddress node;
    int status = 0;  ///< 0 = silent
    Json body;
    std::string reason;         ///< when silent
    std::int64_t asked_us = 0;  ///< as in ApiResponse
    std::int64_t answered_us = 0;
    bool token_withheld = false;  ///< there is one, but see may_see_token()
    /// "connection refused", "answered 401: ..."; empty for an answer with 200.
    [[nodiscard]] std::string trouble() const;
    [[nodiscard]] bool is_answer() const { return status == 200; }
    /// What the node calls itself; without an answer, what it was asked by.
    [[nodiscard]] std::string name() const;
    /// It asks for the token and was not trusted with it.
    [[nodiscard]] bool wants_withheld_token() const { return status == 401 && token_withheld; }
  };
  /// Every node that was named, at the same time. A node whose time ran out is not asked again until look_anew().
  [[nodiscard]] std::vector<Reply> ask_all(const std::string& target) { return ask_each(globals_.nodes, target); }
  [[nodiscard]] std::vector<Reply> ask_each(const std::vector<NodeAddress>& nodes, const std::string& target);

  /// Answers that need not be JSON, of these nodes at the same time; each wait for bytes lasts at_least_ms.
  struct Raw {
    NodeAddress node;
    ApiRequest request;
  };
  [[nodiscard]] std::vector<Result<ApiResponse>> raw_each(const std::vector<Raw>& requests, std::int64_t at_least_ms);

  /// Nodes that were too slow may have become faster.
  void look_anew() { too_slow_.clear(); }

  [[nodiscard]] Trouble nobody_answered(const std::vector<Silence>& silent) const;
  /// When no answer can be used: the refusal of the first node that refused, else that nobody answered.
  [[nodiscard]] Trouble nobody_useful(const std::vector<Reply>& replies) const;
  /// What a status other than 2xx means.
  [[nodiscard]] static Trouble refused(const std::string& address, int status, const Json& body);

  [[nodiscard]] const Context& context() const { return context_; }
  [[nodiscard]] const Globals& globals() const { return globals_; }

 private:
  /// Members' addresses come from gossip. Whoever can speak in it could have the token sent to himself, so it goes only
  /// to addresses that the user named, and to those of members that prove keys.
  [[nodiscard]] bool may_see_token(const NodeAddress& node) const;
  [[nodiscard]] Reply reply_of(const NodeAddress& node, Result<ApiResponse> response);

  const Context& context_;
  const Globals& globals_;
  std::size_t answering_ = 0;                    ///< index of the node that answered last
  std::map<std::string, std::string> too_slow_;  ///< address -> reason
};

/// For a path or a query value.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace wattring::ctl
