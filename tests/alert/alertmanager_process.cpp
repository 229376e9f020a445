// SPDX-License-Identifier: Apache-2.0
#include "tests/alert/alertmanager_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <vector>

namespace wattring::alert {
namespace {

constexpr int kLooks = 600;
constexpr std::chrono::milliseconds kLookEvery{100};

/// A moment between two looks at another process, which can wake nobody here.
void pause() {
  std::mutex mutex;
  std::condition_variable nobody;
  std::unique_lock lock(mutex);
  nobody.wait_for(lock, kLookEvery, [] { return false; });
}

/// One that was free a moment ago.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd, any, size), 0);
  EXPECT_EQ(::getsockname(fd, any, &size), 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

}  // namespace

std::string Alertmanager::program() {
  for (const char* path :
       {"/usr/bin/prometheus-alertmanager", "/usr/local/bin/alertmanager", "/usr/bin/alertmanager"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return "";
}

Alertmanager::Alertmanager() : port_(free_port()) {
  std::ofstream(folder_.path() / "config.yml") << "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n";
  start();
}

Alertmanager::~Alertmanager() {
  kill();
}

void Alertmanager::start() {
  const std::string config = "--config.file=" + (folder_.path() / "config.yml").string();
  const std::string data = "--storage.path=" + (folder_.path() / std::to_string(++starts_)).string();
  const std::string listen = "--web.listen-address=127.0.0.1:" + std::to_string(port_);
  const std::string log = (folder_.path() / "log").string();
  const std::string path = program();
  std::vector<const char*> arguments{
      path.c_str(), config.c_str(), data.c_str(), listen.c_str(), "--cluster.listen-address=", nullptr};
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execv(path.c_str(), const_cast<char* const*>(arguments.data()));
    ::_exit(127);
  }
  for (int i = 0; i < kLooks && !ready(); ++i) pause();
  ASSERT_TRUE(ready()) << path;
}

void Alertmanager::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

Alertmanager::Alerts Alertmanager::alerts(const std::string& annotation) const {
  httplib::Client client("127.0.0.1", port_);
  Alerts out;
  const auto answer = client.Get("/api/v2/alerts");
  if (!answer || answer->status != 200) return out;
  for (const auto& alert : nlohmann::json::parse(answer->body)) {
    out[alert["labels"]["wattring_id"]] = alert["annotations"].value(annotation, "");
  }
  return out;
}

Alertmanager::Alerts Alertmanager::wait_for(const std::string& annotation, const Alerts& expected) const {
  Alerts seen;
  for (int i = 0; i < kLooks; ++i) {
    seen = alerts(annotation);
    if (seen == expected) break;
    pause();
  }
  return seen;
}

bool Alertmanager::ready() const {
  httplib::Client client("127.0.0.1", port_);
  const auto answer = client.Get("/-/ready");
  return answer && answer->status == 200;
}

}  // namespace wattring::alert
