// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/import_split.hpp"
#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// What came of an import so far.
struct ImportTally {
  std::uint64_t items = 0;  ///< sent and answered for
  std::uint64_t bytes = 0;
  std::uint64_t requests = 0;
  std::uint64_t retries = 0;
  std::uint64_t stored = 0;
  bool stored_is_known = true;  ///< a line-protocol reply without trouble does not say how many readings it stored
  std::uint64_t refused = 0;
  std::map<std::string, std::uint64_t> reasons;  ///< of those that were listed
  std::string ack;                               ///< the weakest class of the replies; empty when none told
  struct Refused {
    std::uint64_t item;  ///< number in the file; 0 when the node did not say
    std::string reason;
    std::string got;
    std::string limit;
  };
  static constexpr std::size_t kKeptMax = 100;
  std::vector<Refused> first;  ///< the first kKeptMax
};

/// Sends chunks one after the other until each is answered for.
class ImportSender {
 public:
  ImportSender(const ImportArguments& arguments, ImportFormat format, const Context& context, const Globals& globals);

  /// Repeats while nodes are busy, silent or unsure, up to arguments.retry_ms; repeats are harmless. Returns what was
  /// refused of it.
  [[nodiscard]] Outcome<std::vector<ImportTally::Refused>> send(const Chunk& chunk);
  [[nodiscard]] const ImportTally& tally() const { return tally_; }

 private:
  struct Try {
    bool again = false;
    std::int64_t wait_ms = 0;
    std::string why;
    bool silent = false;
  };
  [[nodiscard]] Outcome<Try> try_once(const Chunk& chunk, Json& reply);
  [[nodiscard]] Outcome<Try> judge(const NodeAddress& node, const ApiResponse& response, const Json& body) const;
  std::vector<ImportTally::Refused> count(const Chunk& chunk, const Json& reply);
  [[nodiscard]] Trouble gave_up(const Chunk& chunk, const Try& last) const;

  const ImportArguments& arguments_;
  ImportFormat format_;
  const Context& context_;
  const Globals& globals_;
  ApiRequest request_;
  std::size_t node_ = 0;
  ImportTally tally_;
};

}  // namespace wattring::ctl
