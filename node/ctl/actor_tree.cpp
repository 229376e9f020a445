// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/actor_tree.hpp"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "node/ctl/table.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::size_t kQuietDrawn = 3;  ///< of siblings with nothing to tell, when there are more than one over that

struct Node {
  const Json* row = nullptr;
  std::string name;  ///< under its parent
  std::vector<std::size_t> children;
};

/// Rows to a tree: the parent of a row is the longest path before it that it goes on from. Index 0 is above all.
std::vector<Node> build(const Json& rows) {
  std::vector<Node> nodes(1);
  std::map<std::string, std::size_t, std::less<>> by_path;
  for (const Json& row : rows.items()) {
    const std::string& path = row["path"].string();
    std::size_t parent = 0;
    std::size_t cut = path.size();
    while (parent == 0 && cut > 0 && cut != std::string::npos) {
      cut = path.rfind('/', cut - 1);
      if (cut == std::string::npos) break;
      const auto found = by_path.find(cut == 0 ? "/" : path.substr(0, cut));
      if (found != by_path.end() && path != found->first) parent = found->second;
    }
    by_path[path] = nodes.size();
    nodes[parent].children.push_back(nodes.size());
    nodes.push_back({&row, parent == 0 ? path : path.substr(cut + 1), {}});
  }
  return nodes;
}

/// Nothing waits, nothing failed, nothing is drawn below it.
bool is_quiet(const Node& node) {
  const Json& row = *node.row;
  const std::string& state = row["state"].string();
  return node.children.empty() && row["mailbox"].integer() == 0 && row["restarts"].integer() == 0 &&
         row["last_failure"].is_null() && (state == "running" || state == "passivated");
}

class Drawing {
 public:
  Drawing(const std::vector<Node>& nodes, bool all, bool utf8)
      : nodes_(nodes), all_(all), tee_(utf8 ? "├─ " : "|- "), end_(utf8 ? "└─ " : "`- "), bar_(utf8 ? "│  " : "|  ") {}

  [[nodiscard]] std::string text() {
    for (const std::size_t top : nodes_[0].children) draw(top, "", "");
    return table_.text();
  }

 private:
  void draw(std::size_t index, const std::string& branch, const std::string& indent) {
    const Node& node = nodes_[index];
    const Json& row = *node.row;
    const auto inside = static_cast<std::size_t>(row["children"].integer());
    const bool waits = row["mailbox"].integer() > 0;
    std::string name = branch + node.name;
    if (node.children.empty() && inside > 0) name += fmt::format(" ({} inside)", grouped(row["children"].integer()));
    table_.add({std::move(name), row["state"].string(), grouped(row["mailbox"].integer()),
                waits ? seconds_text(row["oldest_ms"].number() / 1000) : "-", grouped(row["restarts"].integer()),
                row["last_failure"].is_null() ? "-" : row["last_failure"].string()});
    draw_children(node, indent);
  }

  void draw_children(const Node& node, const std::string& indent) {
    std::vector<std::size_t> drawn;
    std::map<std::string, std::int64_t> folded;
    std::size_t quiet = 0;
    for (const std::size_t child : node.children) quiet += is_quiet(nodes_[child]) ? 1 : 0;
    const bool fold = !all_ && quiet > kQuietDrawn + 1;
    quiet = 0;
    for (const std::size_t child : node.children) {
      if (fold && is_quiet(nodes_[child]) && ++quiet > kQuietDrawn) {
        ++folded[(*nodes_[child].row)["state"].string()];
      } else {
        drawn.push_back(child);
      }
    }
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      const bool last = i + 1 == drawn.size() && folded.empty();
      draw(drawn[i], indent + (last ? end_ : tee_), indent + (last ? "   " : bar_));
    }
    if (folded.empty()) return;
    std::int64_t more = 0;
    std::string states;
    for (const auto& [state, n] : folded) {
      states += fmt::format("{}{} {}", states.empty() ? "" : ", ", grouped(n), state);
      more += n;
    }
    table_.add({fmt::format("{}{}{} more: {}", indent, end_, grouped(more), states), "", "", "", "", ""});
  }

  const std::vector<Node>& nodes_;
  const bool all_;
  const std::string tee_;
  const std::string end_;
  const std::string bar_;
  Table table_{{{"ACTOR"},
                {"STATE"},
                {"MAILBOX", Table::Align::right},
                {"OLDEST", Table::Align::right},
                {"RESTARTS", Table::Align::right},
                {"LAST FAILURE"}}};
};

}  // namespace

std::string actor_tree(const Json& rows, bool all, bool utf8) {
  const std::vector<Node> nodes = build(rows);
  return Drawing(nodes, all, utf8).text();
}

}  // namespace wattring::ctl
