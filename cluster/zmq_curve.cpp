// SPDX-License-Identifier: Apache-2.0
#include "cluster/zmq_curve.hpp"

#include <zmq.h>

#include <array>
#include <string>

#include "base/check.hpp"

namespace wattring::cluster {
namespace {

constexpr std::size_t kKeyText = 41;

std::string public_of(const std::string& secret) {
  std::array<char, kKeyText> text{};
  return zmq_curve_public(text.data(), secret.c_str()) == 0 ? std::string(text.data()) : std::string{};
}

Result<void> check_pair(const char* words, const std::string& public_key, const std::string& secret) {
  if (public_of(secret) == public_key) return {};
  return fail(ErrorCode::invalid_argument, std::string(words) + " do not belong together",
              "copy both lines again, or make a new key file with wattringctl keygen");
}

}  // namespace

CurvePair new_curve_pair() {
  std::array<char, kKeyText> public_key{};
  std::array<char, kKeyText> secret_key{};
  WATTRING_CHECK(zmq_curve_keypair(public_key.data(), secret_key.data()) == 0);
  return {public_key.data(), secret_key.data()};
}

Result<void> check_curve_keys(const CurveKeys& keys) {
  auto own = check_pair("own-public and own-secret", keys.own.public_key, keys.own.secret_key);
  if (!own || keys.cluster_secret.empty()) return own;
  return check_pair("the first cluster-public and cluster-secret", keys.cluster_public.front(), keys.cluster_secret);
}

}  // namespace wattring::cluster
