// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/sockets.hpp"
#include "node/gateway/p1_source_service.hpp"
#include "node/gateway/p1_telegram.hpp"
#include "tests/gateway/zmq_fakes.hpp"

namespace wattring::gateway {
namespace {

constexpr int kPatienceMs = 20'000;
constexpr Register kImportTariff1 = obis(1, 0, 1, 8, 1);

/// The n-th telegram of a meter: one a second, from 2023-11-14T00:00:00Z on; it shows n Wh.
std::string telegram(int n, const std::string& equipment = "4530303437303030303030303030303031") {
  const int local = n + 3600;
  std::string text = fmt::format(
      "/ISK5\\2M550T-1012\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0(2311{:02}{:02}{:02}{:02}W)\r\n0-0:96.1.1({})\r\n"
      "1-0:1.8.1({:06}.{:03}*kWh)\r\n!",
      14 + local / 86400, local / 3600 % 24, local / 60 % 60, local % 60, equipment, n / 1000, n % 1000);
  return text + fmt::format("{:04X}\r\n", crc16_arc(text));
}

/// Stands for the box at the meter.
class FakeBox {
 public:
  explicit FakeBox(std::uint16_t port = 0) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    socklen_t size = sizeof address;
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// Waits for the node to dial; the connection before it is closed.
  void accept() {
    pollfd item{listener_.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&item, 1, kPatienceMs), 1) << "nobody dialled";
    connection_ = FileHandle(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ASSERT_TRUE(connection_.open());
  }
  void hang_up() { connection_ = FileHandle(); }
  void send(const std::string& bytes) {
    ASSERT_EQ(::send(connection_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  /// As many bytes as go without waiting.
  std::size_t send_some(std::string_view bytes) {
    const ssize_t sent = ::send(connection_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }

 private:
  FileHandle listener_;
  FileHandle connection_;
  std::uint16_t port_ = 0;
};

class P1SourceTest : public testing::Test {
 protected:
  void start(std::vector<P1SourceService::Source> sources, P1SourceService::Options options = quick()) {
    options.sources = std::move(sources);
    service = std::make_unique<P1SourceService>(options, door, clock, Prng(1), metrics, Log::silent());
    const auto started = service->start();
    ASSERT_TRUE(started) << started.error().text();
  }
  static P1SourceService::Options quick() {
    P1SourceService::Options options;
    options.reconnect_min_ms = 5;
    options.reconnect_max_ms = 50;
    options.busy_retry_min_ms = 1;
    return options;
  }
  static P1SourceService::Source source(const std::string& name, const std::string& address,
                                        const std::string& meter = {}) {
    return {name, address, meter, "Europe/Amsterdam"};
  }
  std::uint64_t telegrams(const std::string& name, const std::string& result) {
    return metrics.counter("wattring_p1_telegrams_total", "", "source=\"" + name + "\",result=\"" + result + "\"")
        .value();
  }
  std::uint64_t counter(const std::string& metric, const std::string& name) {
    return metrics.counter(metric, "", "source=\"" + name + "\"").value();
  }
  double gauge(const std::string& metric, const std::string& name) {
    return metrics.gauge(metric, "", "source=\"" + name + "\"").value();
  }
  /// Import readings of a meter that the door took, in the order of arrival; waits for so many.
  std::vector<std::int64_t> imports(const std::string& meter, std::size_t count) {
    (void)eventually([&] {
      for (Batch& batch : door.take()) taken.push_back(std::move(batch));
      return imports_so_far(meter).size() >= count;
    });
    return imports_so_far(meter);
  }
  std::vector<std::int64_t> imports_so_far(const std::string& meter) const {
    std::vector<std::int64_t> values;
    for (const Batch& batch : taken)
      for (const Batch::MeterRun& run : batch.runs())
        for (std::uint32_t i = 0; i < run.fact_count; ++i) {
          const Fact& fact = batch.facts()[run.first_fact + i];
          if (batch.id(run) == meter && fact.reg == kImportTariff1) values.push_back(fact.value);
        }
    return values;
  }

  FakeDoor door;
  const SystemClock clock{};
  Metrics metrics;
  std::vector<Batch> taken;
  std::unique_ptr<P1SourceService> service;
};

std::vector<std::int64_t> numbers(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> out;
  for (; first <= last; ++first) out.push_back(first);
  return out;
}

TEST_F(P1SourceTest, ReadsWholeTelegramsFromAStreamThatStartsInTheMiddleOfOne) {
  FakeBox box;
  start({source("cellar", box.address(), "m1")});
  box.accept();
  box.send(telegram(1).substr(40));
  box.send(telegram(2) + telegram(3).substr(0, 50));
  EXPECT_EQ(imports("m1", 1), numbers(2, 2));
  box.send(telegram(3).substr(50));
  EXPECT_EQ(imports("m1", 2), numbers(2, 3));
  EXPECT_EQ(taken[0].facts()[0].start_ms, 1'699'920'000'000 + 2'000);
  EXPECT_EQ(telegrams("cellar", "good"), 2U);
  EXPECT_GT(counter("wattring_p1_dropped_bytes_total", "cellar"), 0U);
  EXPECT_EQ(gauge("wattring_p1_connected", "cellar"), 1.0);
}

TEST_F(P1SourceTest, NamesTheMeterByItsEquipmentIdWhenTheSourceDoesNot) {
  FakeBox box;
  start({source("cellar", box.address())});
  box.accept();
  box.send(telegram(1));
  EXPECT_EQ(imports("E0047000000000001", 1), numbers(1, 1));
}

TEST_F(P1SourceTest, DialsAgainWhenTheConnectionIsLost) {
  FakeBox box;
  start({source("cellar", box.address(), "m1")});
  for (int n = 1; n <= 5; ++n) {
    box.accept();
    box.send(telegram(n) + telegram(n + 1).substr(0, 30));
    EXPECT_EQ(imports("m1", static_cast<std::size_t>(n)), numbers(1, n));
    box.hang_up();
  }
  EXPECT_TRUE(eventually([&] { return counter("wattring_p1_reconnects_total", "cellar") >= 5; }));
  EXPECT_TRUE(eventually([&] { return telegrams("cellar", "cut_off") == 5; }));
}

TEST_F(P1SourceTest, TakesATelegramWhoseLastByteIsTheEndOfTheConnection) {
  FakeBox box;
  start({source("cellar", box.address(), "m1")});
  box.accept();
  std::string last = telegram(1);
  last.resize(last.size() - 2);
  box.send(last);
  box.hang_up();
  EXPECT_EQ(imports("m1", 1), numbers(1, 1));
}

TEST_F(P1SourceTest, WaitsForASourceThatIsNotThereYet) {
  auto box = std::make_unique<FakeBox>();
  const std::uint16_t port = box->port();
  const std::string address = box->address();
  box.reset();
  start({source("cellar", address, "m1")});
  ASSERT_TRUE(eventually([&] { return counter("wattring_p1_reconnects_total", "cellar") >= 2; }));
  EXPECT_EQ(gauge("wattring_p1_connected", "cellar"), 0.0);
  FakeBox back(port);
  back.accept();
  back.send(telegram(1));
  EXPECT_EQ(imports("m1", 1), numbers(1, 1));
}

TEST_F(P1SourceTest, ReadsSeveralSourcesOfWhichOneIsDeadAndOneHeldUp) {
  FakeBox a;
  FakeBox b;
  FakeBox held;
  std::string nobody;
  {
    const FakeBox gone;
    nobody = gone.address();
  }
  door.answer = [](const Batch& batch) {
    IngestReply reply;
    reply.stored = batch.facts().size();
    if (batch.id(batch.runs()[0]) == "held") reply.turned_away = Reason::busy;
    return reply;
  };
  P1SourceService::Options options = quick();
  options.stop_deadline_ms = 10;
  start({source("a", a.address(), "ma"), source("dead", nobody), source("held", held.address(), "held"),
         source("b", "localhost:" + std::to_string(b.port()), "mb")},
        options);
  held.accept();
  held.send(telegram(1));
  a.accept();
  b.accept();
  for (int n = 1; n <= 20; ++n) {
    a.send(telegram(n));
    b.send(telegram(100 + n));
  }
  EXPECT_EQ(imports("ma", 20), numbers(1, 20));
  EXPECT_EQ(imports("mb", 20), numbers(101, 120));
}

TEST_F(P1SourceTest, LeavesASourceThatSendsNoWholeTelegram) {
  FakeBox box;
  P1SourceService::Options options = quick();
  options.idle_timeout_ms = 1'000;  // more than a busy machine takes from dialling to the telegram
  start({source("cellar", box.address(), "m1")}, options);
  box.accept();
  box.send("noise without any telegram");
  box.accept();
  box.send(telegram(7));
  EXPECT_EQ(imports("m1", 1), numbers(7, 7));
}

TEST_F(P1SourceTest, CountsBadTelegramsByTheirFault) {
  FakeBox box;
  start({source("cellar", box.address(), "m1")});
  box.accept();
  std::string wrong = telegram(1);
  wrong[wrong.find("000000.001") + 9] = '9';
  box.send(wrong + telegram(2) + telegram(3).substr(0, 60) + telegram(4));
  EXPECT_EQ(imports("m1", 2), (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(telegrams("cellar", "bad_crc"), 1U);
  EXPECT_EQ(telegrams("cellar", "interrupted"), 1U);
  EXPECT_EQ(telegrams("cellar", "good"), 2U);
  EXPECT_TRUE(eventually([&] { return gauge("wattring_p1_bad_ratio", "cellar") == 0.5; }));
}

TEST_F(P1SourceTest, OffersATelegramAgainUntilItIsStored) {
  std::atomic<int> offers{0};
  door.answer = [&](const Batch& batch) {
    IngestReply reply;
    const int offer = ++offers;
    if (offer <= 3) {
      reply.turned_away = Reason::busy;
    } else if (offer <= 5) {
      reply.unknown_total = batch.facts().size();
    } else {
      reply.stored = batch.facts().size();
    }
    return reply;
  };
  FakeBox box;
  start({source("cellar", box.address(), "m1")});
  box.accept();
  box.send(telegram(1));
  EXPECT_TRUE(eventually([&] { return offers == 6; }));
  box.send(telegram(2));
  EXPECT_TRUE(eventually([&] { return offers == 7; }));
  EXPECT_EQ(imports("m1", 7), (std::vector<std::int64_t>{1, 1, 1, 1, 1, 1, 2}));
  EXPECT_EQ(counter("wattring_p1_turned_away_total", "cellar"), 5U);
}

TEST_F(P1SourceTest, MakesTheSourceWaitWhileTheDoorIsClosedAndLosesNothing) {
  door.hold = true;
  FakeBox box;
  start({source("cellar", box.address(), "m1")});
  box.accept();
  int sent = 0;
  bool window_closed = false;
  std::string unsent;
  while (!window_closed && sent < 80'000) {
    unsent += telegram(++sent);
    unsent.erase(0, box.send_some(unsent));
    window_closed = unsent.size() > 65'536;
  }
  EXPECT_TRUE(window_closed) << "the source could send " << sent << " telegrams that nobody took";
  door.hold = false;
  ASSERT_TRUE(eventually([&] {
    door.release();
    unsent.erase(0, box.send_some(unsent));
    return unsent.empty();
  }));
  EXPECT_EQ(imports("m1", static_cast<std::size_t>(sent)), numbers(1, sent));
}

TEST_F(P1SourceTest, StopDoesNotWaitForeverForTheDoor) {
  door.hold = true;
  FakeBox box;
  P1SourceService::Options options = quick();
  options.stop_deadline_ms = 50;
  start({source("cellar", box.address(), "m1")}, options);
  box.accept();
  box.send(telegram(1));
  ASSERT_TRUE(eventually([&] { return door.held() == 1; }));
  service->stop();
  service->stop();
  service.reset();
  EXPECT_EQ(door.release(), 1U);  // a late answer does no harm
}

TEST_F(P1SourceTest, StopWaitsForTheAnswerThatIsOnItsWay) {
  door.hold = true;
  FakeBox box;
  P1SourceService::Options options = quick();
  options.stop_deadline_ms = kPatienceMs;
  start({source("cellar", box.address(), "m1")}, options);
  box.accept();
  box.send(telegram(1));
  ASSERT_TRUE(eventually([&] { return door.held() == 1; }));
  std::atomic<bool> stopped{false};
  std::thread stopper([&] {
    service->stop();
    stopped = true;
  });
  ASSERT_TRUE(eventually([&] { return gauge("wattring_p1_connected", "cellar") == 0.0; }));
  EXPECT_FALSE(stopped);
  door.release();
  stopper.join();
}

TEST_F(P1SourceTest, NamesTheSourceWhoseConfigurationIsWrong) {
  const auto error_of = [&](std::vector<P1SourceService::Source> sources) {
    P1SourceService::Options options;
    options.sources = std::move(sources);
    P1SourceService wrong(options, door, clock, Prng(1), metrics, Log::silent());
    const auto started = wrong.start();
    return started ? std::string() : started.error().text();
  };
  EXPECT_NE(error_of({source("Bad Name", "h:1")}).find("Bad Name"), std::string::npos);
  EXPECT_NE(error_of({source("a", "h:1"), source("a", "h:2")}).find("twice"), std::string::npos);
  EXPECT_NE(error_of({source("a", "nohost")}).find("port is missing"), std::string::npos);
  EXPECT_NE(error_of({source("a", "h:1", " m")}).find("meter id"), std::string::npos);
  EXPECT_NE(error_of({{"a", "h:1", "", "Mars/Olympus"}}).find("Mars/Olympus"), std::string::npos);
  EXPECT_EQ(error_of({}), "");
}

}  // namespace
}  // namespace wattring::gateway
