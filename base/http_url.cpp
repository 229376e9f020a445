// SPDX-License-Identifier: Apache-2.0
#include "base/http_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace wattring {
namespace {

constexpr std::size_t kUrlBytesMax = 2048;
constexpr std::size_t kHostBytesMax = 253;  // the longest DNS name
constexpr std::size_t kShownMax = 100;

bool is_visible(char c) {
  return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
}

bool may_be_host(std::string_view host, bool bracketed) {
  return !host.empty() && host.size() <= kHostBytesMax && std::all_of(host.begin(), host.end(), [bracketed](char c) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
    return plain || (bracketed ? c == ':' || c == '%' : c == '-' || c == '_');
  });
}

/// HOST, HOST:PORT, [V6] or [V6]:PORT; a port that is not given stays as it is.
bool take_authority(std::string_view text, HttpUrl& url) {
  std::string_view port;
  const bool bracketed = text.starts_with('[');
  if (bracketed) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    url.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    url.host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (!may_be_host(url.host, bracketed)) return false;
  if (port.empty()) return true;
  const char* const end = port.data() + port.size();
  const auto parsed = std::from_chars(port.data() + 1, end, url.port);
  return port.front() == ':' && parsed.ec == std::errc{} && parsed.ptr == end && url.port != 0;
}

}  // namespace

std::string HttpUrl::origin() const {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", tls ? "https" : "http", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  HttpUrl url;
  std::string_view rest = text;
  url.tls = rest.starts_with("https://");
  const bool right_scheme = url.tls || rest.starts_with("http://");
  if (right_scheme) rest.remove_prefix(url.tls ? 8 : 7);
  if (url.tls) url.port = 443;
  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view target = rest.substr(authority_end);
  const bool good = right_scheme && text.size() <= kUrlBytesMax && std::all_of(text.begin(), text.end(), is_visible) &&
                    target.find('#') == std::string_view::npos && take_authority(rest.substr(0, authority_end), url);
  if (!good) {
    // A password may stand before an @; it does not belong in messages.
    const bool secret = text.find('@') != std::string_view::npos;
    return fail(ErrorCode::invalid_argument,
                secret ? std::string("a URL with user or password is not taken")
                       : fmt::format("\"{}\" is not an http:// or https:// URL", text.substr(0, kShownMax)),
                "for example \"http://127.0.0.1:9093/hook\"");
  }
  url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return url;
}

}  // namespace wattring
