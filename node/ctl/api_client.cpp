// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/api_client.hpp"

namespace wattring::ctl {

std::vector<Result<ApiResponse>> ApiClient::send_each(std::span<const ApiCall> calls) {
  std::vector<Result<ApiResponse>> answers;
  answers.reserve(calls.size());
  for (const ApiCall& call : calls) answers.push_back(send(call.address, call.request));
  return answers;
}

}  // namespace wattring::ctl
