// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/native_codec.hpp"

#include <array>
#include <limits>
#include <utility>

#include "base/pack_reader.hpp"
#include "base/pack_writer.hpp"

namespace wattring::gateway::native {
namespace {

constexpr std::array<std::string_view, 9> kFrameNames{"?",    "HELLO", "WELCOME", "BATCH", "REPLY",
                                                      "BUSY", "ERROR", "PING",    "PONG"};
constexpr std::array<std::string_view, 5> kErrorNames{"UNKNOWN", "MALFORMED", "VERSION", "NO_HELLO",
                                                      "TOO_MANY_CONNECTIONS"};

Failure malformed(FrameType type, const PackReader& reader, std::string_view expected) {
  return fail(ErrorCode::corrupt, std::string(to_string(type)) + " frame malformed at byte " +
                                      std::to_string(kHeaderBytes + reader.offset()) + ": expected " +
                                      std::string(expected));
}

std::string_view cut(std::string_view text, std::size_t limit) {
  return text.substr(0, limit);
}

void header(PackWriter& out, FrameType type) {
  out.byte(kMagic);
  out.byte(kVersion);
  out.byte(static_cast<std::uint8_t>(type));
}

/// The body of a control frame after its array header, once it is known to be of the type and long enough. Items past
/// the known ones come from a later minor version and are not looked at.
Result<PackReader> body_of(std::string_view frame, FrameType type, std::size_t items) {
  const Result<FrameType> found = frame_type(frame);
  if (!found) return Failure(found.error());
  if (*found != type)
    return fail(ErrorCode::corrupt, "a " + std::string(to_string(*found)) + " frame where " +
                                        std::string(to_string(type)) + " was expected");
  if (frame.size() > kControlBytesMax)
    return fail(ErrorCode::corrupt, std::string(to_string(type)) + " frame of " + std::to_string(frame.size()) +
                                        " bytes; at most " + std::to_string(kControlBytesMax));
  PackReader reader(frame.substr(kHeaderBytes));
  std::size_t count = 0;
  if (!reader.read_array(count) || count < items)
    return malformed(type, reader, "an array of " + std::to_string(items) + " items");
  return reader;
}

template <class T>
bool read_number(PackReader& reader, T& out) {
  std::uint64_t value = 0;
  if (!reader.read_uint(value) || value > std::numeric_limits<T>::max()) return false;
  out = static_cast<T>(value);
  return true;
}

bool read_name(PackReader& reader, std::size_t bytes_max, std::string& out) {
  std::string_view text;
  if (!reader.read_text(text) || text.size() > bytes_max) return false;
  out = text;
  return true;
}

bool read_reason(PackReader& reader, Reason& out) {
  std::uint8_t number = 0;
  if (!read_number(reader, number) || number == 0 || number > kReasonCount) return false;
  out = static_cast<Reason>(number);
  return true;
}

/// [[line, reason, got, limit]...] and [[reason, count]...]: the listed ones first, then as many more as were counted.
bool read_refusals(PackReader& reader, Refusals& out) {
  std::size_t listed = 0;
  if (!reader.read_array(listed) || listed > Refusals::kListedMax) return false;
  for (std::size_t i = 0; i < listed; ++i) {
    std::size_t items = 0;
    std::uint32_t line = 0;
    Reason reason{};
    std::string_view got;
    std::string_view limit;
    if (!reader.read_array(items) || items != 4 || !read_number(reader, line) || !read_reason(reader, reason) ||
        !reader.read_text(got) || !reader.read_text(limit) || limit.size() > Refusals::kGotBytesMax)
      return false;
    out.add(line, reason, got, limit);
  }
  std::size_t reasons = 0;
  if (!reader.read_array(reasons) || reasons > kReasonCount) return false;
  for (std::size_t i = 0; i < reasons; ++i) {
    std::size_t items = 0;
    Reason reason{};
    std::uint32_t count = 0;
    if (!reader.read_array(items) || items != 2 || !read_reason(reader, reason) || !read_number(reader, count) ||
        count > kBatchReadingsMax || count < out.count(reason))
      return false;
    for (std::uint64_t more = count - out.count(reason); more > 0; --more) out.add(0, reason, {});
  }
  return true;
}

void write_refusals(PackWriter& out, const Refusals& refusals) {
  out.array(refusals.listed().size());
  for (const Refusal& refusal : refusals.listed()) {
    out.array(4);
    out.uint(refusal.line);
    out.uint(static_cast<std::uint8_t>(refusal.reason));
    out.text(refusal.got);
    out.text(cut(refusal.limit, Refusals::kGotBytesMax));
  }
  std::size_t reasons = 0;
  for (int i = 1; i <= kReasonCount; ++i) reasons += refusals.count(static_cast<Reason>(i)) > 0 ? 1U : 0U;
  out.array(reasons);
  for (int i = 1; i <= kReasonCount; ++i) {
    const std::uint64_t count = refusals.count(static_cast<Reason>(i));
    if (count == 0) continue;
    out.array(2);
    out.uint(static_cast<std::uint64_t>(i));
    out.uint(count);
  }
}

}  // namespace

std::string_view to_string(FrameType type) {
  const auto index = static_cast<std::size_t>(type);
  return index < kFrameNames.size() ? kFrameNames[index] : kFrameNames[0];
}

std::string_view to_string(ErrorKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return index < kErrorNames.size() ? kErrorNames[index] : kErrorNames[0];
}

Result<FrameType> frame_type(std::string_view frame) {
  if (frame.size() <= kHeaderBytes || static_cast<std::uint8_t>(frame[0]) != kMagic)
    return fail(ErrorCode::corrupt, "not a frame of the native ingest protocol",
                "frames begin with 'W', version, type; see docs/protocols/ingest.md");
  const auto version = static_cast<std::uint8_t>(frame[1]);
  if (version != kVersion)
    return fail(ErrorCode::newer_format, "ingest protocol version " + std::to_string(version) + " is not spoken here",
                "this side speaks version " + std::to_string(kVersion));
  const auto type = static_cast<std::uint8_t>(frame[2]);
  if (type < static_cast<std::uint8_t>(FrameType::hello) || type > static_cast<std::uint8_t>(FrameType::pong))
    return fail(ErrorCode::corrupt, "frame type " + std::to_string(type) + " is not known");
  return static_cast<FrameType>(type);
}

std::string encode(const Hello& hello) {
  std::string frame;
  PackWriter out(frame);
  header(out, FrameType::hello);
  out.array(2);
  out.text(cut(hello.client, kNameBytesMax));
  out.uint(hello.newest_version);
  out.flush();
  return frame;
}

Result<Hello> decode_hello(std::string_view frame) {
  Result<PackReader> reader = body_of(frame, FrameType::hello, 2);
  if (!reader) return Failure(reader.error());
  Hello hello;
  if (!read_name(*reader, kNameBytesMax, hello.client) || !read_number(*reader, hello.newest_version))
    return malformed(FrameType::hello, *reader, "[client name, newest version]");
  return hello;
}

std::string encode(const Welcome& welcome) {
  std::string frame;
  PackWriter out(frame);
  header(out, FrameType::welcome);
  out.array(7);
  out.uint(welcome.version);
  out.text(cut(welcome.node, kNameBytesMax));
  out.uint(welcome.credit);
  out.uint(welcome.batch_bytes_max);
  out.uint(welcome.readings_max);
  out.integer(welcome.window.oldest_ms);
  out.integer(welcome.window.newest_ms);
  out.flush();
  return frame;
}

Result<Welcome> decode_welcome(std::string_view frame) {
  Result<PackReader> reader = body_of(frame, FrameType::welcome, 7);
  if (!reader) return Failure(reader.error());
  Welcome welcome;
  if (!read_number(*reader, welcome.version) || !read_name(*reader, kNameBytesMax, welcome.node) ||
      !read_number(*reader, welcome.credit) || !read_number(*reader, welcome.batch_bytes_max) ||
      !read_number(*reader, welcome.readings_max) || !reader->read_int(welcome.window.oldest_ms) ||
      !reader->read_int(welcome.window.newest_ms))
    return malformed(FrameType::welcome, *reader,
                     "[version, node, credit, batch bytes, readings, oldest ms, newest ms]");
  return welcome;
}

std::string encode(const Reply& reply) {
  std::string frame;
  PackWriter out(frame);
  if (reply.reply.turned_away) {
    header(out, FrameType::busy);
    out.array(3);
    out.uint(reply.batch_id);
    out.uint(static_cast<std::uint8_t>(*reply.reply.turned_away));
    out.uint(reply.reply.retry_after_ms);
  } else {
    header(out, FrameType::reply);
    out.array(9);
    out.uint(reply.batch_id);
    out.uint(reply.reply.stored);
    out.uint(reply.reply.refusals.total());
    out.uint(reply.reply.unknown_total);
    out.uint(static_cast<std::uint8_t>(reply.reply.ack));
    out.uint(static_cast<std::uint64_t>(reply.reply.copies < 0 ? 0 : reply.reply.copies));
    out.binary(cut(reply.reply.token, kTokenBytesMax));
    write_refusals(out, reply.reply.refusals);
  }
  out.flush();
  return frame;
}

namespace {

Result<Reply> decode_busy(std::string_view frame) {
  Result<PackReader> reader = body_of(frame, FrameType::busy, 3);
  if (!reader) return Failure(reader.error());
  Reply busy;
  Reason reason{};
  if (!reader->read_uint(busy.batch_id) || !read_reason(*reader, reason) ||
      !read_number(*reader, busy.reply.retry_after_ms))
    return malformed(FrameType::busy, *reader, "[batch id, reason, retry after ms]");
  busy.reply.turned_away = reason;
  return busy;
}

}  // namespace

Result<Reply> decode_reply(std::string_view frame) {
  const Result<FrameType> type = frame_type(frame);
  if (type && *type == FrameType::busy) return decode_busy(frame);
  Result<PackReader> reader = body_of(frame, FrameType::reply, 9);
  if (!reader) return Failure(reader.error());
  Reply out;
  std::uint64_t refused_total = 0;
  std::uint8_t ack = 0;
  std::uint8_t copies = 0;
  if (!reader->read_uint(out.batch_id) || !reader->read_uint(out.reply.stored) || !reader->read_uint(refused_total) ||
      !reader->read_uint(out.reply.unknown_total) || !read_number(*reader, ack) ||
      ack > static_cast<std::uint8_t>(AckClass::durable) || !read_number(*reader, copies) ||
      !read_name(*reader, kTokenBytesMax, out.reply.token) || !read_refusals(*reader, out.reply.refusals) ||
      out.reply.refusals.total() != refused_total)
    return malformed(FrameType::reply, *reader,
                     "[batch id, stored, refused, unknown, class, copies, token, refusals, refusals by reason]");
  out.reply.ack = static_cast<AckClass>(ack);
  out.reply.copies = copies;
  return out;
}

std::string encode(const ErrorFrame& error) {
  std::string frame;
  PackWriter out(frame);
  header(out, FrameType::error);
  out.array(2);
  out.uint(static_cast<std::uint8_t>(error.kind));
  out.text(cut(error.text, kErrorTextBytesMax));
  out.flush();
  return frame;
}

Result<ErrorFrame> decode_error(std::string_view frame) {
  Result<PackReader> reader = body_of(frame, FrameType::error, 2);
  if (!reader) return Failure(reader.error());
  ErrorFrame error;
  std::uint8_t kind = 0;
  if (!read_number(*reader, kind) || !read_name(*reader, kErrorTextBytesMax, error.text))
    return malformed(FrameType::error, *reader, "[kind, text]");
  error.kind = static_cast<ErrorKind>(kind);
  return error;
}

std::string encode_ping(FrameType ping_or_pong, std::uint64_t number) {
  std::string frame;
  PackWriter out(frame);
  header(out, ping_or_pong);
  out.array(1);
  out.uint(number);
  out.flush();
  return frame;
}

Result<std::uint64_t> decode_ping(std::string_view frame) {
  const Result<FrameType> type = frame_type(frame);
  Result<PackReader> reader = body_of(frame, type && *type == FrameType::pong ? FrameType::pong : FrameType::ping, 1);
  if (!reader) return Failure(reader.error());
  std::uint64_t number = 0;
  if (!reader->read_uint(number)) return malformed(*type, *reader, "[number]");
  return number;
}

}  // namespace wattring::gateway::native
