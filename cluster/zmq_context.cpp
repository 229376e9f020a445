// SPDX-License-Identifier: Apache-2.0
#include "cluster/zmq_context.hpp"

#include <sys/resource.h>
#include <zmq.h>

#include <algorithm>
#include <string>

namespace wattring::cluster {
namespace {

constexpr rlim_t kFilesWanted = 65'536;

Result<void> raise_file_limit(std::uint64_t files_min) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return fail(ErrorCode::io, "the limit of open files cannot be read");
  const rlim_t wanted = std::min(std::max(kFilesWanted, limit.rlim_cur), limit.rlim_max);
  if (wanted > limit.rlim_cur) {
    limit.rlim_cur = wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= files_min) return {};
  return fail(ErrorCode::io,
              "this process may open " + std::to_string(limit.rlim_cur) + " files; connections to other nodes need " +
                  std::to_string(files_min),
              "raise the limit: LimitNOFILE= of the systemd unit, or ulimit -n");
}

}  // namespace

Result<std::shared_ptr<ZmqContext>> ZmqContext::create(const Options& options) {
  const auto raised = raise_file_limit(options.files_min);
  if (!raised) return Failure(raised.error());
  void* const handle = zmq_ctx_new();
  if (handle == nullptr) return fail(ErrorCode::io, std::string("libzmq does not start: ") + zmq_strerror(zmq_errno()));
  zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, options.sockets_max);
  return std::shared_ptr<ZmqContext>(new ZmqContext(handle));
}

ZmqContext::~ZmqContext() {
  while (zmq_ctx_term(handle_) != 0 && zmq_errno() == EINTR) {
  }
}

}  // namespace wattring::cluster
