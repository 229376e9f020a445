// SPDX-License-Identifier: Apache-2.0
#include "node/http/http_server.hpp"

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "node/http/api.hpp"
#include "node/http/connection.hpp"
#include "node/http/listener.hpp"

namespace wattring::http {
namespace {

constexpr std::size_t kCompressBytesMin = 1024;
constexpr std::size_t kChunkLineBytesMax = 1024;
constexpr int kTrailerLinesMax = 16;

/// What all connections share.
struct Shared {
  Api& api;
  BodyBudget& budget;
  const HttpServer::Options& options;
  const std::atomic<bool>& stopping;
};

class ConnectionStream final : public httplib::Stream {
 public:
  explicit ConnectionStream(Connection& connection) : connection_(connection) {}
  bool is_readable() const override { return !connection_.failed(); }
  bool is_writable() const override { return !connection_.failed(); }
  ssize_t read(char* into, size_t size) override { return connection_.read(into, size); }
  ssize_t write(const char* bytes, size_t size) override { return connection_.write(bytes, size); }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = connection_.peer();
    port = 0;
  }
  void get_local_ip_and_port(std::string&, int&) const override {}
  // The library only looks at it for the limit of select(), which is not used here.
  socket_t socket() const override { return 0; }

 private:
  Connection& connection_;
};

struct BodyLength {
  std::size_t bytes = 0;
  bool chunked = false;
  bool invalid = false;  ///< lengths that contradict each other, or a transfer coding that is not spoken
};

BodyLength body_length(const httplib::Request& request) {
  BodyLength length;
  const std::size_t lengths = request.get_header_value_count("Content-Length");
  const std::size_t codings = request.get_header_value_count("Transfer-Encoding");
  if (codings > 0) {
    std::string coding = request.get_header_value("Transfer-Encoding");
    std::transform(coding.begin(), coding.end(), coding.begin(), [](unsigned char c) { return std::tolower(c); });
    length.chunked = true;
    // A length beside it is how requests are smuggled past proxies.
    length.invalid = codings > 1 || lengths > 0 || coding != "chunked";
  } else if (lengths > 0) {
    const std::string text = request.get_header_value("Content-Length");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length.bytes);
    length.invalid = lengths > 1 || error != std::errc{} || end != text.data() + text.size();
  }
  return length;
}

bool accepts_gzip(const std::string& accept_encoding) {
  const std::size_t found = accept_encoding.find("gzip");
  return found != std::string::npos && accept_encoding.compare(found, 8, "gzip;q=0") != 0;
}

Response too_large(std::size_t limit) {
  return error_response(413, {"TOO_LARGE", "the body is larger than " + std::to_string(limit) + " bytes",
                              "send it in parts, or raise http.body_max"});
}

Response no_memory_for_body() {
  return retry_response({"BUSY", "too many request bodies are in memory", "send it again; nothing of it was stored"},
                        1000);
}

/// A response outside of the library's flow.
std::string raw_response(int status, std::string_view reason, const Response& response) {
  std::string out =
      "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason) + "\r\nContent-Type: application/json\r\n";
  for (const auto& [name, value] : response.headers) out.append(name).append(": ").append(value).append("\r\n");
  return out + "Content-Length: " + std::to_string(response.body.size()) + "\r\nConnection: close\r\n\r\n" +
         response.body;
}

ErrorText library_error(int status) {
  switch (status) {
    case 408:
      return {"TOO_SLOW", "the request came too slowly", "send it again; nothing of it was stored"};
    case 414:
      return {"TOO_LARGE", "the request line is longer than 8192 bytes", "shorten the query"};
    case 431:
      return {"TOO_LARGE", "the request header is too long", "send fewer or shorter header lines"};
    default:
      return {"BAD_REQUEST", "this is not a well-formed HTTP/1.1 request", "see docs/protocols/http-api.md"};
  }
}

/// One connection's way through the library: its parser and its writer, but our sockets, limits and routing. All routes
/// of the library's own are one, "/", because its routing runs a regular expression over what strangers send.
class Exchange final : private httplib::Server {
 public:
  Exchange(Connection& connection, const Shared& shared)
      : connection_(connection), shared_(shared), share_(shared.budget) {
    Get("/", [this](const httplib::Request&, httplib::Response& out) { answer(out); });
    Post("/", [this](const httplib::Request&, httplib::Response& out, const httplib::ContentReader&) {
      if (!request_.rejected) read_body();
      answer(out);
    });
    set_error_handler(
        HandlerWithResponse([this](const httplib::Request&, httplib::Response& out) { return complete_error(out); }));
    set_keep_alive_max_count(1'000'000'000);
    set_keep_alive_timeout(std::max<time_t>(1, shared.options.keep_alive_ms / 1000));
    set_default_headers({{"Server", "wattring/" + shared.options.version}});
  }

  bool serve(const Listener::Answered& answered) {
    connection_.request_begins();
    share_.shrink_to(0);
    request_ = Request{};
    parsed_ = nullptr;
    answered_ = false;
    unread_ = false;
    close_ = shared_.stopping.load(std::memory_order_relaxed);
    bool closed = false;
    ConnectionStream stream(connection_);
    const bool served = process_request(stream, close_, closed, [this](httplib::Request& parsed) { prepare(parsed); });
    if (!answered_ && (connection_.timed_out() || connection_.header_too_long())) {
      const int status = connection_.timed_out() ? 408 : 431;
      const std::string raw =
          raw_response(status, status == 408 ? "Request Timeout" : "Request Header Fields Too Large",
                       error_response(status, library_error(status)));
      connection_.response_begins();
      (void)connection_.write(raw.data(), raw.size());
      unread_ = true;
    }
    answered();
    const bool flushed = connection_.flush();
    const bool go_on = served && flushed && !closed && !close_ && parsed_ != nullptr;
    if (!go_on && flushed && unread_) connection_.linger();
    return go_on;
  }

 private:
  /// After the header, before the body: takes over what the library would do its own way.
  void prepare(httplib::Request& parsed) {
    parsed_ = &parsed;
    connection_.body_begins();
    request_.method = parsed.method;
    const std::size_t mark = parsed.target.find('?');
    request_.path = parsed.target.substr(0, mark);
    if (mark != std::string::npos) request_.query = parsed.target.substr(mark + 1);
    request_.authorization = parsed.get_header_value("Authorization");
    request_.host = parsed.get_header_value("Host");
    request_.origin = parsed.get_header_value("Origin");
    request_.peer = connection_.peer();
    shared_.api.admit(request_);
    request_.accept = parsed.get_header_value("Accept");
    request_.content_encoding = parsed.get_header_value("Content-Encoding");
    const bool gzip = accepts_gzip(parsed.get_header_value("Accept-Encoding"));
    // Unpacking is bounded by us; multipart, ranges and Brotli are not spoken.
    for (const char* name : {"Content-Encoding", "Content-Type", "Range", "Accept-Encoding"})
      parsed.headers.erase(name);
    if (gzip) parsed.headers.emplace("Accept-Encoding", "gzip");
    parsed.ranges.clear();
    parsed.params.clear();
    parsed.path = "/";
    length_ = body_length(parsed);
    check_body(parsed);
  }

  void check_body(httplib::Request& parsed) {
    const std::string& method = request_.method;
    const bool may_have_body = method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
    if (request_.rejected) {
      // Nothing is read or kept of strangers' bodies.
    } else if (length_.invalid) {
      request_.rejected = error_response(400, {"BAD_REQUEST", "the length of the body is not clear",
                                               "one Content-Length, or Transfer-Encoding: chunked, not both"});
    } else if (length_.bytes > shared_.options.body_bytes_max) {
      request_.rejected = too_large(shared_.options.body_bytes_max);
    } else if (may_have_body && !share_.grow_to(length_.bytes)) {
      request_.rejected = no_memory_for_body();
    }
    const bool unread_body = !may_have_body && (length_.chunked || length_.bytes > 0);
    if (request_.rejected || unread_body) {
      parsed.headers.erase("Expect");
      close_unread();
    }
    if (method != "HEAD") parsed.method = may_have_body && !request_.rejected ? "POST" : "GET";
  }

  void read_body() {
    connection_.flush();  // a "100 Continue" that the client waits for
    const bool complete = length_.chunked ? read_chunks() : connection_.read_exactly(request_.body, length_.bytes);
    if (complete) return;
    close_unread();
    if (request_.rejected) return;
    const int status = connection_.timed_out() ? 408 : 400;
    request_.rejected = error_response(status, library_error(status));
  }

  /// RFC 9112 7.1, strictly: the library takes a chunk that its size does not fit for the end of the body, and half a
  /// line of readings would be stored as a whole one.
  bool read_chunks() {
    for (;;) {
      const auto size = chunk_size();
      if (!size || !admit(*size)) return false;
      if (*size == 0) return skip_trailers();
      if (!connection_.read_exactly(request_.body, *size) || chunk_line() != "") return false;
    }
  }

  /// A line without its CRLF; nothing when none ends within the limit.
  std::optional<std::string> chunk_line() {
    std::string line;
    while (line.size() <= kChunkLineBytesMax) {
      if (!connection_.read_exactly(line, 1)) return std::nullopt;
      if (line.ends_with("\r\n")) return line.substr(0, line.size() - 2);
    }
    return std::nullopt;
  }

  std::optional<std::size_t> chunk_size() {
    const auto line = chunk_line();
    if (!line) return std::nullopt;
    const std::string_view digits = std::string_view(*line).substr(0, line->find(';'));
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return size;
  }

  bool skip_trailers() {
    for (int lines = 0; lines < kTrailerLinesMax; ++lines) {
      const auto line = chunk_line();
      if (!line) return false;
      if (line->empty()) return true;
    }
    return false;
  }

  bool admit(std::size_t more) {
    const std::size_t left = shared_.options.body_bytes_max - request_.body.size();
    if (more > left) {
      request_.rejected = too_large(shared_.options.body_bytes_max);
    } else if (!share_.grow_to(request_.body.size() + more)) {
      request_.rejected = no_memory_for_body();
    }
    return !request_.rejected;
  }

  void answer(httplib::Response& out) {
    Response response = shared_.api.handle(request_);
    request_.body = std::string();
    share_.shrink_to(0);
    answered_ = true;
    connection_.response_begins();
    if (shared_.stopping.load(std::memory_order_relaxed)) close_after();
    if (response.body.size() < kCompressBytesMin) parsed_->headers.erase("Accept-Encoding");
    out.status = response.status;
    for (const auto& [name, value] : response.headers) out.set_header(name, value);
    if (response.status == 204) return;
    out.set_header("Content-Type", response.content_type);
    out.body = std::move(response.body);
  }

  HandlerResponse complete_error(httplib::Response& out) {
    if (answered_) return HandlerResponse::Unhandled;
    answered_ = true;
    close_ = true;
    unread_ = true;
    if (connection_.header_too_long()) out.status = 431;
    if (connection_.timed_out()) out.status = 408;
    connection_.response_begins();
    out.set_content(error_response(out.status, library_error(out.status)).body, "application/json");
    return HandlerResponse::Handled;
  }

  void close_unread() {
    unread_ = true;
    close_after();
  }

  void close_after() {
    close_ = true;
    parsed_->headers.erase("Connection");
    parsed_->headers.emplace("Connection", "close");
  }

  Connection& connection_;
  const Shared& shared_;
  BodyBudget::Share share_;
  httplib::Request* parsed_ = nullptr;  ///< the library's, during serve(); its headers steer its answer
  Request request_;
  BodyLength length_;
  bool answered_ = false;
  bool close_ = false;
  bool unread_ = false;  ///< part of the request may still be on its way
};

}  // namespace

struct HttpServer::Impl {
  Impl(Options given, gateway::IngestDoor& ingest, QueryDoor& query, const Clock& clock_used, Metrics& metrics,
       const std::shared_ptr<Log>& log_used, const Doors& doors)
      : options(std::move(given)),
        clock(clock_used),
        log(log_used),
        budget(options.buffered_bytes_max),
        api({{options.unpacked_bytes_max, options.ingest_wait_ms, options.line_overwrite_latest, options.telegram_zone},
             options.node_name,
             options.version,
             {options.metrics_open, options.names}},
            ingest, query, doors, clock, budget, metrics, log),
        shared{api, budget, options, stopping},
        listener(
            listener_options(options),
            [this](Connection& connection) {
              auto exchange = std::make_shared<Exchange>(connection, shared);
              return [exchange](Connection&, const Listener::Answered& answered) { return exchange->serve(answered); };
            },
            clock, metrics, log) {}

  static Listener::Options listener_options(const Options& options) {
    Listener::Options out;
    out.listen = options.listen;
    out.threads = options.threads;
    out.connections_max = std::max<std::size_t>(1, options.connections_max);
    out.keep_alive_ms = options.keep_alive_ms;
    out.drain_ms = options.drain_ms;
    out.limits.slow_ms = options.slow_ms;
    out.limits.slow_bytes_per_s = options.slow_bytes_per_s;
    out.refusal =
        raw_response(503, "Service Unavailable",
                     retry_response({"BUSY", "all connections are in use", "send it again a little later"}, 1000));
    return out;
  }

  const Options options;
  const Clock& clock;
  const std::shared_ptr<Log> log;
  BodyBudget budget;
  std::unique_ptr<TokenStore> tokens;  ///< from start() on; null when none are asked for
  Api api;
  std::atomic<bool> stopping{false};
  Shared shared;
  Listener listener;
};

HttpServer::HttpServer(Options options, gateway::IngestDoor& ingest, QueryDoor& query, const Clock& clock,
                       Metrics& metrics, const std::shared_ptr<Log>& log, const Doors& doors)
    : impl_(std::make_unique<Impl>(std::move(options), ingest, query, clock, metrics, log, doors)) {}

Response HttpServer::answer_relayed(Request request) {
  return impl_->api.handle_relayed(std::move(request));
}

HttpServer::~HttpServer() {
  stop();
}

Result<std::string> HttpServer::start() {
  const Options& options = impl_->options;
  if (!options.tokens_file.empty()) {
    auto tokens = TokenStore::open(options.tokens_file, impl_->clock, impl_->log);
    if (!tokens) return Failure(tokens.error());
    impl_->tokens = std::move(*tokens);
    impl_->api.set_tokens(*impl_->tokens);
  }
  auto bound = impl_->listener.start([&](const std::string& address) {
    impl_->api.set_addresses(
        {options.membership_address, options.peers_address, options.ingest_address, address, options.data_address});
  });
  return bound;
}

void HttpServer::stop() {
  impl_->stopping.store(true, std::memory_order_relaxed);
  impl_->api.stop_waiting();
  if (!impl_->listener.drain()) impl_->api.cancel();
  impl_->listener.stop();
}

}  // namespace wattring::http
