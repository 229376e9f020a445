// SPDX-License-Identifier: Apache-2.0
#include "node/actor/introspection.hpp"

#include <algorithm>

#include "node/actor/detail/cell.hpp"
#include "node/actor/detail/core.hpp"

namespace wattring::actor {
namespace {

void add_rows(ActorTree& tree, const detail::Cell& cell, const std::string& path, std::uint32_t depth,
              std::int64_t now_ns) {
  if (tree.rows.size() >= kTreeRowsMax) {
    tree.truncated = true;
    return;
  }
  ActorRow& row = tree.rows.emplace_back(cell.row(now_ns));
  row.path = path;
  const detail::Children* children = cell.children();
  if (depth == 0 || children == nullptr) return;
  const std::vector<ActorRef> listed = children->list(kTreeRowsMax);
  if (listed.size() < row.children) tree.truncated = true;
  std::vector<std::pair<std::string, const detail::Cell*>> named;
  named.reserve(listed.size());
  for (const ActorRef& child : listed) named.emplace_back(child.recipient()->cell()->name(), child.recipient()->cell());
  std::ranges::sort(named);
  const std::string prefix = path == "/" ? "/" : path + "/";
  for (const auto& [name, child] : named) add_rows(tree, *child, prefix + name, depth - 1, now_ns);
}

}  // namespace

const char* to_string(ActorState state) {
  switch (state) {
    case ActorState::waiting_to_start:
      return "waiting_to_start";
    case ActorState::running:
      return "running";
    case ActorState::suspended:
      return "suspended";
    case ActorState::backing_off:
      return "backing_off";
    case ActorState::restarting:
      return "restarting";
    case ActorState::stopping:
      return "stopping";
    case ActorState::stopped:
      return "stopped";
  }
  return "unknown";
}

Result<ActorTree> System::tree(std::string_view path, std::uint32_t depth) const {
  const ActorRef top = find(path);
  const detail::Cell* cell = top ? top.recipient()->cell() : nullptr;
  if (cell == nullptr) {
    return fail(ErrorCode::not_found, "there is no actor at \"" + std::string(path.substr(0, kPathBytesMax)) + "\"",
                "start from / and look at its children");
  }
  ActorTree tree;
  add_rows(tree, *cell, cell->address().path, depth, core_->now_ns());
  return tree;
}

}  // namespace wattring::actor
