// SPDX-License-Identifier: Apache-2.0
#include "node/sim/http_client.hpp"

#include <httplib.h>

#include <charconv>

namespace wattring::sim {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

std::int64_t retry_after_ms(const httplib::Response& response) {
  const std::string text = response.get_header_value("Retry-After");
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds > 3600) return 0;
  return seconds * 1000;
}

const char* why(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return "no connection: nothing listens there, or the host is not reachable";
    case httplib::Error::ConnectionTimeout:
      return "no connection in time";
    case httplib::Error::Read:
      return "no answer in time, or the connection was cut";
    case httplib::Error::Write:
      return "the connection was cut while sending";
    default:
      return "the connection failed";
  }
}

bool never_reached(httplib::Error error) {
  return error == httplib::Error::Connection || error == httplib::Error::ConnectionTimeout;
}

}  // namespace

class HttpClient::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)), at_(options_.first_node) {
    if (!options_.token.empty()) headers_.emplace("Authorization", "Bearer " + options_.token);
  }

  // Each node once. `safe`: may also be asked again after a request that was sent got no answer.
  template <class Request>
  Result<HttpReply> each_node(bool safe, Request request) {
    std::string tried;
    for (std::size_t i = 0; i < options_.nodes.size(); ++i) {
      httplib::Client* client = connection();
      if (client == nullptr) return fail(ErrorCode::invalid_argument, "not an address: " + node());
      httplib::Result result = request(*client);
      if (result) {
        return HttpReply{result->status, std::move(result->body), retry_after_ms(*result),
                         result->get_header_value("X-Wattring-Node")};
      }
      tried += (tried.empty() ? "" : "; ") + node() + ": " + why(result.error());
      const bool reached = !never_reached(result.error());
      client_.reset();
      ++at_;
      if (reached && !safe) return fail(ErrorCode::unknown_outcome, tried);
    }
    return fail(ErrorCode::io, "no node answered (" + tried + ")",
                "is the daemon running, and is --node its HTTP address?");
  }

  const std::string& node() const { return options_.nodes[at_ % options_.nodes.size()]; }
  const httplib::Headers& headers() const { return headers_; }

 private:
  httplib::Client* connection() {
    if (client_) return client_.get();
    const Result<HostPort> address = parse_host_port(node());
    if (!address) return nullptr;
    client_ = std::make_unique<httplib::Client>(address->host, address->port);
    client_->set_keep_alive(true);
    client_->set_tcp_nodelay(true);
    client_->set_url_encode(false);
    const auto seconds = static_cast<time_t>(options_.timeout_ms / 1000);
    const auto micros = static_cast<time_t>(options_.timeout_ms % 1000 * 1000);
    client_->set_connection_timeout(seconds, micros);
    client_->set_read_timeout(seconds, micros);
    client_->set_write_timeout(seconds, micros);
    return client_.get();
  }

  Options options_;
  std::size_t at_;
  httplib::Headers headers_;
  std::unique_ptr<httplib::Client> client_;
};

HttpClient::HttpClient(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;

Result<HttpReply> HttpClient::get(const std::string& target) {
  return impl_->each_node(true, [&](httplib::Client& client) { return client.Get(target, impl_->headers()); });
}

Result<HttpReply> HttpClient::post(const std::string& target, const std::string& body, const char* content_type) {
  return impl_->each_node(
      false, [&](httplib::Client& client) { return client.Post(target, impl_->headers(), body, content_type); });
}

const std::string& HttpClient::node() const {
  return impl_->node();
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

Result<HostPort> parse_host_port(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with("http://")) rest.remove_prefix(7);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t colon = rest.rfind(':');
  HostPort address;
  if (colon != std::string_view::npos && colon > 0) {
    const std::string_view port = rest.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    address.host = std::string(rest.substr(0, colon));
    if (address.host.starts_with('[') && address.host.ends_with(']')) {
      address.host = address.host.substr(1, address.host.size() - 2);
    }
    if (!port.empty() && error == std::errc() && end == port.data() + port.size() && address.port > 0 &&
        address.port < 65'536) {
      return address;
    }
  }
  return fail(ErrorCode::invalid_argument, "\"" + std::string(text) + "\" is not HOST:PORT",
              "for example 127.0.0.1:7414");
}

}  // namespace wattring::sim
