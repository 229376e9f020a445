// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "cluster/codec.hpp"
#include "tests/cluster/any_message.hpp"
#include "tests/cluster/sample_messages.hpp"

namespace wattring::cluster {
namespace {

/// How a frame is refused: "limit at sync_page.bits".
std::string refusal(std::string_view frame) {
  const auto message = decode(frame);
  if (message) return "accepted";
  const DecodeFailure& failure = message.error();
  return std::string(to_string(failure.kind)) + (failure.field.empty() ? "" : " at " + failure.field);
}
std::string refusal(const Body& body) {
  return refusal(encode({sample_header(), body}));
}
std::string refusal_of(const std::function<void(Record&)>& spoil) {
  Record record = sample_record();
  spoil(record);
  return refusal(Conflict{shared(record)});
}
std::string with_body(const Body& kind, std::string_view bytes) {
  return encode({sample_header(), kind}).substr(0, kHeaderBytes) + std::string(bytes);
}

TEST(CodecRefusal, OfAFrameThatIsNone) {
  EXPECT_EQ(refusal(""), "truncated");
  EXPECT_EQ(refusal("W"), "truncated");
  EXPECT_EQ(refusal("WM"), "truncated");
  EXPECT_EQ(refusal("GET / HTTP/1.1"), "not_ours");
  EXPECT_EQ(refusal(encode({sample_header(), LeaveAck{}}).substr(0, kHeaderBytes - 1)), "truncated");
  EXPECT_EQ(refusal(encode({sample_header(), LeaveAck{}}).substr(0, kHeaderBytes)), "malformed");
}

TEST(CodecRefusal, OfAnUnknownKindBlamesOnlyThoseWhoSpeakOurVersion) {
  std::string frame = encode({sample_header(), LeaveAck{}});
  for (const int kind : {0, static_cast<int>(kKindCount) + 1, 255}) {
    frame[4] = static_cast<char>(kind);
    const auto refused = decode(frame);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, DecodeError::unknown_kind);
    EXPECT_TRUE(refused.error().blames_sender());
    EXPECT_EQ(refused.error().header->source, sample_id(1));
  }
  frame[3] = static_cast<char>(kProtocolMinor + 1);
  EXPECT_FALSE(decode(frame).error().blames_sender());
}

TEST(CodecRefusal, OfAFrameOverTheLimitOfItsKind) {
  EXPECT_EQ(refusal(with_body(Gossip{}, std::string(kGossipBytesMax, '\xc0'))), "too_large");
  EXPECT_EQ(refusal(with_body(SyncPage{}, std::string(kSyncPageBytesMax, '\xc0'))), "too_large");
  EXPECT_EQ(refusal(with_body(SyncPage{}, std::string(kGossipBytesMax, '\xc0'))), "malformed");
  EXPECT_EQ(frame_bytes_max(encode({sample_header(), Ping{}})), kGossipBytesMax);
  for (const Body& body : {Body(JoinAck{{}, shared(sample_record()), 0, {}}), Body(SyncPage{}), Body(CatalogPage{})})
    EXPECT_EQ(frame_bytes_max(encode({sample_header(), body})), kSyncPageBytesMax);
}

TEST(CodecRefusal, OfBytesAfterTheEnd) {
  EXPECT_EQ(refusal(encode({sample_header(), Ack{}}) + "x"), "trailing");
}

TEST(CodecRefusal, OfWrongTypesAndShortItems) {
  EXPECT_EQ(refusal(with_body(Nack{}, "\x91\x07")), "malformed");          // an array for a map
  EXPECT_EQ(refusal(with_body(Nack{}, "\x81\xa1\x30\x07")), "malformed");  // a text for a key
  EXPECT_EQ(refusal(with_body(Nack{}, "\x81\xff\x07")), "malformed");      // a negative key
  EXPECT_EQ(refusal(with_body(Nack{}, std::string("\x81\x00\xa1\x37", 4))), "malformed at sequence");
  EXPECT_EQ(refusal(with_body(Nack{}, std::string("\x81\x00\xff", 3))), "malformed at sequence");
  EXPECT_EQ(refusal(with_body(Nack{}, std::string("\x81\x00\xce\x00", 4))), "malformed at sequence");
  EXPECT_EQ(refusal(with_body(Nack{}, std::string("\x81\x00\xcf\x00\x00\x00\x01\x00\x00\x00\x00", 11))),
            "limit at sequence");
  EXPECT_EQ(refusal(with_body(Nack{}, std::string("\x82\x00\x01\x05\x93\x01", 6))), "malformed");  // unknown and cut
}

TEST(CodecRefusal, OfKeysThatDoNotAscend) {
  EXPECT_EQ(refusal(with_body(Nack{}, std::string("\x82\x00\x01\x00\x02", 5))), "malformed");
  EXPECT_EQ(refusal(with_body(Ack{}, std::string("\x82\x01\x90\x00\x01", 5))), "missing at sequence");
}

TEST(CodecRefusal, OfMissingFieldsNamesThem) {
  EXPECT_EQ(refusal(with_body(Nack{}, "\x80")), "missing at sequence");
  EXPECT_EQ(refusal(with_body(JoinReq{nullptr, true}, "\x80")), "missing");
  EXPECT_EQ(refusal(with_body(Conflict{shared(sample_record())}, "\x80")), "missing at self");
  EXPECT_EQ(refusal(with_body(Conflict{shared(sample_record())}, std::string("\x81\x00\x80", 3))),
            "missing at self.id");
  EXPECT_EQ(refusal(JoinReq{nullptr, true}), "accepted");
}

TEST(CodecRefusal, OfARecordOutOfItsLimits) {
  EXPECT_EQ(refusal_of([](Record&) {}), "accepted");
  EXPECT_EQ(refusal_of([](Record& r) { r.name.clear(); }), "limit at self.name");
  EXPECT_EQ(refusal_of([](Record& r) { r.name.assign(kNameBytesMax, 'n'); }), "accepted");
  EXPECT_EQ(refusal_of([](Record& r) { r.name.assign(kNameBytesMax + 1, 'n'); }), "limit at self.name");
  for (const char* text : {"n\x1b[2J", "n\x7f",
                           "\xc2\x9b"
                           "31m",
                           "\x9b"
                           "31mX",
                           "a\xff", "\xfe\x9b", "\xc3", "\xed\xa0\x80", "\xc0\xaf"}) {
    EXPECT_EQ(refusal_of([&](Record& r) { r.name = text; }), "limit at self.name") << text;
    EXPECT_EQ(refusal_of([&](Record& r) { r.zone = text; }), "limit at self.zone") << text;
  }
  EXPECT_EQ(refusal_of([](Record& r) { r.name = "Z\xc3\xa4hler \xe2\x82\xac \xf0\x9f\x94\x8c"; }), "accepted");
  EXPECT_EQ(refusal_of([](Record& r) { r.zone.assign(kNameBytesMax + 1, 'z'); }), "limit at self.zone");
  EXPECT_EQ(refusal_of([](Record& r) { r.state = static_cast<MemberState>(4); }), "limit at self.state");
  EXPECT_EQ(refusal_of([](Record& r) { r.unknown.assign(kUnknownFieldsMax, {}); }), "malformed at self");
}

TEST(CodecRefusal, OfUnknownFieldsWithoutEnd) {
  const auto fields = [](std::size_t count, std::size_t bytes) {
    return refusal_of([&](Record& r) {
      for (std::size_t i = 0; i < count; ++i) r.unknown.push_back({kDataEndpointTag + 1 + i, std::string(bytes, 'x')});
    });
  };
  EXPECT_EQ(fields(kUnknownFieldsMax, kUnknownBytesMax / kUnknownFieldsMax), "accepted");
  EXPECT_EQ(fields(kUnknownFieldsMax + 1, 0), "limit at self.unknown");
  EXPECT_EQ(fields(2, kUnknownBytesMax / 2 + 1), "limit at self.unknown");
  EXPECT_EQ(fields(1, kUnknownBytesMax + 1), "limit at self.unknown");
}

TEST(CodecRefusal, OfNamesWhereAnAddressBelongs) {
  EXPECT_EQ(refusal_of([](Record& r) { r.endpoints.membership.clear(); }), "accepted");
  EXPECT_EQ(refusal_of([](Record& r) { r.endpoints.membership = "node1.example.org:7412"; }),
            "endpoint at self.membership");
  EXPECT_EQ(refusal_of([](Record& r) { r.endpoints.peers = "127.0.0.1"; }), "endpoint at self.peers");
  EXPECT_EQ(refusal_of([](Record& r) { r.endpoints.ingest = std::string(70, '1'); }), "limit at self.ingest");
  EXPECT_EQ(refusal_of([](Record& r) { r.endpoints.http = "localhost:80"; }), "endpoint at self.http");
  EXPECT_EQ(refusal(Reject{RejectReason::busy, "", {"localhost:80"}}), "endpoint at alternatives[0]");
  EXPECT_EQ(refusal(Reject{RejectReason::busy, "", {""}}), "malformed at alternatives");
  EXPECT_EQ(refusal(PingReq{1, {}, 1, "n2:1", {}}), "endpoint at target_endpoint");
}

TEST(CodecRefusal, OfListsOverTheirLimits) {
  News news = sample_news();
  news.accusations.assign(kAccusationsMax, {});
  EXPECT_EQ(refusal(Ping{1, {sample_news(), news}}), "accepted");
  news.accusations.emplace_back();
  EXPECT_EQ(refusal(Ping{1, {sample_news(), news}}), "limit at news[1].accusations");
  news.accusations = {{sample_id(1), static_cast<Evidence>(3)}};
  EXPECT_EQ(refusal(Gossip{{news}}), "limit at news[0].accusations[0].evidence");
  EXPECT_EQ(refusal(Gossip{std::vector<News>(kNewsAcceptedMax + 1, {shared(sample_record()), {}, 0})}),
            "limit at news");
  EXPECT_EQ(refusal(Reject{RejectReason::busy, std::string(kRejectTextBytesMax + 1, 'x'), {}}), "limit at text");
  EXPECT_EQ(refusal(Reject{RejectReason::busy, "", std::vector<std::string>(kAlternativesMax + 1, "127.0.0.1:1")}),
            "limit at alternatives");
  EXPECT_EQ(refusal(Reject{static_cast<RejectReason>(5), "", {}}), "limit at reason");
  EXPECT_EQ(refusal(CatalogDigest{std::vector<std::uint64_t>(kDocumentsHeldMax + 1)}), "limit at documents");
  EXPECT_EQ(refusal(MetaPut{{}, 1, 1, std::string(kMetadataBytesMax + 1, 'x')}), "limit at document");
}

TEST(CodecRefusal, OfBucketsThatDoNotFitTheirNumber) {
  EXPECT_EQ(refusal(SyncDigest{2, {1, 2, 3, 4}, 0}), "accepted");
  EXPECT_EQ(refusal(SyncDigest{2, {1, 2, 3}, 0}), "limit");
  EXPECT_EQ(refusal(SyncDigest{0, {}, 0}), "limit");
  EXPECT_EQ(refusal(SyncDigest{kDigestBitsMax + 1, {1}, 0}), "limit at bits");
  EXPECT_EQ(refusal(SyncPage{4, {15}, {}, false}), "accepted");
  EXPECT_EQ(refusal(SyncPage{4, {16}, {}, false}), "limit");
  std::string frame = encode({sample_header(), CatalogDigest{{1}}});
  frame[kHeaderBytes + 3] = 7;
  frame.pop_back();
  EXPECT_EQ(refusal(frame), "limit at documents");
}

TEST(CodecRefusal, OfDocumentsOverTheirLimits) {
  const auto document = [](const std::function<void(Document&)>& spoil) {
    Document made{"alert_rules", "", 1, 1, "x"};
    spoil(made);
    return refusal(CatalogPage{{made}, {}});
  };
  EXPECT_EQ(document([](Document& d) { d.body.assign(kDocumentBytesMax, 'x'); }), "accepted");
  EXPECT_EQ(document([](Document& d) { d.body.assign(kDocumentBytesMax + 1, 'x'); }), "limit at documents[0].body");
  EXPECT_EQ(document([](Document& d) { d.kind.clear(); }), "limit at documents[0].kind");
  EXPECT_EQ(document([](Document& d) { d.kind.assign(kDocumentKindBytesMax + 1, 'k'); }), "limit at documents[0].kind");
  EXPECT_EQ(document([](Document& d) { d.name.assign(kDocumentNameBytesMax + 1, 'k'); }), "limit at documents[0].name");
}

TEST(CodecRefusal, SaysWhatWhereAndWhy) {
  Record record = sample_record();
  record.name.clear();
  const auto refused = decode(encode({sample_header(), Ping{1, {sample_news(), {shared(record), {}, 0}}}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error().text(), "membership frame refused at byte " +
                                                std::to_string(refused.error().offset) +
                                                ", news[1].record.name: 0 bytes, must be 1 to 64");
  EXPECT_GT(refused.error().offset, kHeaderBytes);
}

TEST(CodecRefusal, IsOfTheWholeMessageHoweverManyGoodRecordsComeFirst) {
  Record bad = sample_record();
  bad.name.clear();
  const std::string frame = encode({sample_header(), Gossip{{sample_news(), sample_news(), {shared(bad), {}, 0}}}});
  EXPECT_EQ(refusal(frame), "limit at news[2].record.name");
  EXPECT_FALSE(decode(frame, {.apply_in_part = true})) << "the mutant's way out exists only in the mutants' library";
}

TEST(CodecRefusal, OfNestingWithoutEndTakesNoStack) {
  const std::string deep = std::string("\x82\x00\x01\x07", 4) + std::string(60'000, '\x91') + "\x01";
  EXPECT_EQ(refusal(with_body(Ack{}, deep)), "accepted");  // an unknown field, however silly, is passed over
  EXPECT_EQ(refusal(with_body(Ack{}, deep.substr(0, 50'000))), "malformed");
}

}  // namespace
}  // namespace wattring::cluster
