// SPDX-License-Identifier: Apache-2.0
#include "node/alert/http_post.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>

namespace wattring::alert {
namespace {

constexpr std::int64_t kConnectMaxMs = 2000;         // nothing can cut a connect short, so stopping waits for it
constexpr std::size_t kAnswerBytesMax = 64U << 10U;  // what is read of an answer
constexpr std::size_t kAnswerShownMax = 200;         // what is kept of it, for people
constexpr std::size_t kTokenBytesMax = 4096;

std::string shown(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

Result<std::string> read_token(const std::string& path) {
  std::ifstream in(path);
  std::string token;
  std::getline(in, token);
  while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
  const bool visible = std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (token.empty() || token.size() > kTokenBytesMax || !visible) {
    return fail(ErrorCode::io, fmt::format("no token in the first line of {}", path));
  }
  return token;
}

/// Only seconds; a date would need the sink's clock to agree with ours.
std::int64_t retry_after_ms(const httplib::Response& response) {
  const std::string text = response.get_header_value("Retry-After");
  std::int64_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, seconds);
  if (parsed.ec != std::errc{} || parsed.ptr != end || seconds < 0) return 0;
  return std::min<std::int64_t>(seconds, kMsPerDay / kMsPerSecond) * kMsPerSecond;
}

std::string_view reason(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return "no connection: nothing listens there, or the name is unknown";
    case httplib::Error::ConnectionTimeout:
      return "no connection in time";
    case httplib::Error::Read:
      return "connected, but no whole answer in time, or the connection was cut";
    case httplib::Error::Write:
      return "the connection was cut while sending";
    case httplib::Error::SSLConnection:
      return "no TLS connection";
    case httplib::Error::SSLLoadingCerts:
    case httplib::Error::SSLServerVerification:
      return "its TLS certificate is not trusted by this system";
    default:
      return "the request failed";
  }
}

/// The request cannot have reached the sink.
bool never_reached(httplib::Error error) {
  return error == httplib::Error::Connection || error == httplib::Error::ConnectionTimeout ||
         error == httplib::Error::SSLConnection || error == httplib::Error::SSLLoadingCerts ||
         error == httplib::Error::SSLServerVerification;
}

// Not through httplib::Client, which takes a host as a URL and knows no IPv6 address with letters.
std::unique_ptr<httplib::ClientImpl> make_client(const HttpUrl& url) {
  if (url.tls) return std::make_unique<httplib::SSLClient>(url.host, url.port);
  return std::make_unique<httplib::ClientImpl>(url.host, url.port);
}

}  // namespace

Answer::Kind meaning_of_status(int status) {
  if (status >= 200 && status < 300) return Answer::Kind::taken;
  // The sink does not know us, or has too much to do: that is not about this notification.
  if (status == 401 || status == 403 || status == 407 || status == 429) return Answer::Kind::sink_failed;
  if (status == 408 || status >= 500) return Answer::Kind::row_failed;
  return Answer::Kind::refused;
}

class HttpPoster::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)), client_(make_client(options_.url)) {
    const std::chrono::milliseconds timeout(options_.timeout_ms);
    client_->set_connection_timeout(std::min(timeout, std::chrono::milliseconds(kConnectMaxMs)));
    client_->set_read_timeout(timeout);
    client_->set_write_timeout(timeout);
    client_->set_keep_alive(false);
    client_->set_follow_location(false);
    client_->set_url_encode(false);
    client_->set_tcp_nodelay(true);
  }

  Answer post(const std::string& body, const Headers& headers) {
    httplib::Request request;
    request.method = "POST";
    request.path = options_.url.target;
    request.body = body;
    for (const auto& [name, value] : headers) request.headers.emplace(name, value);
    request.headers.emplace("Content-Type", "application/json");
    request.headers.emplace("User-Agent", options_.user_agent);
    if (!options_.token_file.empty()) {
      const auto token = read_token(options_.token_file);
      if (!token) return {Answer::Kind::sink_failed, 0, token.error().text()};
      request.headers.emplace("Authorization", "Bearer " + *token);
    }
    return send(request);
  }

  void cancel() { client_->stop(); }

 private:
  Answer send(httplib::Request& request) {
    std::string begin;
    std::size_t read = 0;
    int status = 0;
    std::int64_t retry_after = 0;
    request.response_handler = [&](const httplib::Response& response) {
      status = response.status;
      retry_after = retry_after_ms(response);
      return true;
    };
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
      begin.append(data, std::min(size, kAnswerShownMax - std::min(kAnswerShownMax, begin.size())));
      read += size;
      return read <= kAnswerBytesMax;
    };
    const httplib::Result result = client_->send(request);
    // An answer that is longer than we care for is an answer; one that was cut off is none.
    if (result || (result.error() == httplib::Error::Canceled && read > kAnswerBytesMax)) {
      return {meaning_of_status(status), retry_after, fmt::format("{} {}", status, shown(std::move(begin)))};
    }
    const auto kind = never_reached(result.error()) ? Answer::Kind::sink_failed : Answer::Kind::row_failed;
    return {kind, 0, std::string(reason(result.error()))};
  }

  const Options options_;
  const std::unique_ptr<httplib::ClientImpl> client_;
};

HttpPoster::HttpPoster(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpPoster::~HttpPoster() = default;

Answer HttpPoster::post(const std::string& body, const Headers& headers) {
  return impl_->post(body, headers);
}

void HttpPoster::cancel() {
  impl_->cancel();
}

}  // namespace wattring::alert
