// SPDX-License-Identifier: Apache-2.0
#include "node/actor/detail/extras.hpp"

#include "node/actor/detail/recipient.hpp"

namespace wattring::actor::detail {

bool RefSet::add(const ActorRef& ref) {
  if (ref.is_local()) return here_.emplace(ref.recipient()->number(), ref).second;
  return elsewhere_.emplace(ref.address(), ref).second;
}

bool RefSet::remove(const ActorRef& ref) {
  return (ref.is_local() ? here_.erase(ref.recipient()->number()) : elsewhere_.erase(ref.address())) > 0;
}

std::vector<ActorRef> RefSet::take_all() {
  std::vector<ActorRef> all;
  all.reserve(here_.size() + elsewhere_.size());
  for (auto& [number, ref] : here_) all.push_back(std::move(ref));
  for (auto& [address, ref] : elsewhere_) all.push_back(std::move(ref));
  here_.clear();
  elsewhere_.clear();
  return all;
}

}  // namespace wattring::actor::detail
