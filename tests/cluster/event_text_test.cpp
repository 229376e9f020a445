// SPDX-License-Identifier: Apache-2.0
#include "cluster/event_text.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "tests/cluster/sample_members.hpp"

namespace wattring::cluster {
namespace {

using test::id_of;

std::string known_names(const NodeId& id) {
  return id == id_of(1) ? "n1" : "";
}

TEST(EventText, SaysWhoWhereAndOnWhoseEvidence) {
  Record record;
  record.id = id_of(3);
  record.name = "n3";
  record.endpoints.membership = "10.0.0.3:7411";
  MemberEvent event;
  event.kind = EventKind::failed;
  event.record = std::make_shared<const Record>(record);
  event.accusations = {{id_of(1), Evidence::refused}, {id_of(2), Evidence::silent}, {id_of(4), Evidence::refused}};
  EXPECT_EQ(event_text(event, known_names),
            "n3 at 10.0.0.3:7411 (03030303); refused to n1, 04040404; silent to 02020202");
  event.accusations.clear();
  event.detail = "its word for it";
  EXPECT_EQ(event_text(event, known_names), "n3 at 10.0.0.3:7411 (03030303); its word for it");
}

TEST(EventText, AnEventOfTheNodeItselfNeedsNoRecord) {
  MemberEvent event;
  event.kind = EventKind::own_pause;
  event.detail = "2.3 s";
  EXPECT_EQ(event_text(event, known_names), "2.3 s");
}

TEST(EventText, EveryKindHasAnIdOfItsOwn) {
  std::set<std::string_view> ids;
  for (int kind = 0; kind <= static_cast<int>(EventKind::rejected); ++kind)
    ids.insert(event_id(static_cast<EventKind>(kind)));
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(EventKind::rejected) + 1);
  EXPECT_EQ(ids.count("member_event"), 0U);
}

TEST(EventText, AFailureWarnsAndAGoodbyeDoesNot) {
  EXPECT_EQ(event_level(EventKind::failed), LogLevel::warn);
  EXPECT_EQ(event_level(EventKind::conflict), LogLevel::error);
  EXPECT_EQ(event_level(EventKind::left), LogLevel::info);
}

}  // namespace
}  // namespace wattring::cluster
