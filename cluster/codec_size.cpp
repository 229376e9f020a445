// SPDX-License-Identifier: Apache-2.0
#include "cluster/codec_size.hpp"

#include <variant>

#include "cluster/codec.hpp"
#include "cluster/codec_fields.hpp"
#include "cluster/pack_sizer.hpp"

namespace wattring::cluster {
namespace {

template <class T>
std::size_t packed_size(const T& value) {
  PackSizer out;
  wire::Map{}.write(out, value);
  return out.size();
}

}  // namespace

std::size_t encoded_size(const Message& message) {
  return kHeaderBytes + std::visit([](const auto& body) { return packed_size(body); }, message.body);
}
std::size_t encoded_size(const News& news) {
  return packed_size(news);
}
std::size_t encoded_size(const Document& document) {
  return packed_size(document);
}

}  // namespace wattring::cluster
