// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace wattring::actor {

/// Who here watches whom on one other node, as the link knows it. A watch is sent until the other side says that it
/// knows it; whatever may have lost a message of its end (a gap in the frames, a new session of the other side) makes
/// it unknown again.
class RemoteWatchTable {
 public:
  struct Key {
    std::string watcher;  ///< path here
    std::string watched;  ///< path there
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Watch {
    std::uint64_t number = 0;  ///< never used twice
    bool known = false;
    std::uint32_t known_in = 0;  ///< the other side's session in which it was known last; 0: never
  };

  /// Takes the place of an older one.
  void add(const Key& key, std::uint64_t number);
  void remove(const Key& key);
  /// The watched one is at its end; false when that is not told of this watch, but of an older one.
  bool ended(const Key& key, std::uint64_t number);
  /// The other side has it, and says so in this session of its own.
  void known(const Key& key, std::uint64_t number, std::uint32_t session);
  void all_unknown();
  void clear();

  [[nodiscard]] bool empty() const { return watches_.empty(); }
  [[nodiscard]] std::size_t size() const { return watches_.size(); }
  [[nodiscard]] bool any_unknown() const { return unknown_ > 0; }
  [[nodiscard]] const std::map<Key, Watch>& watches() const { return watches_; }

 private:
  std::map<Key, Watch> watches_;
  std::size_t unknown_ = 0;
};

}  // namespace wattring::actor
