// SPDX-License-Identifier: Apache-2.0
#include "node/actor/detail/cell.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/hash.hpp"
#include "node/actor/detail/core.hpp"

namespace wattring::actor::detail {
namespace {

constexpr std::uint32_t kForgetMax = 32;
/// Spreads consecutive numbers over the low bits' buckets and the seeds of random streams.
constexpr std::uint64_t hash_number(std::uint64_t number) {
  return number * 0x9e3779b97f4a7c15ULL;
}

}  // namespace

std::uint64_t Cell::hash_name(std::string_view name) {
  if (!name.starts_with('$')) return hash64(name);
  std::uint64_t number = 0;
  std::from_chars(name.data() + 1, name.data() + name.size(), number);
  return hash_number(number);
}

Cell::Cell(Core& core, Cell* parent, const Props& props, std::string_view name)
    : core_(core),
      parent_(parent),
      props_(props.data()),
      name_(name),
      number_(core.draw_number()),
      name_hash_(name_.empty() ? hash_number(number_) : hash64(name_)),
      forget_every_(std::clamp(props_->mailbox.messages_max / 64, 1U, kForgetMax)),
      context_(*this) {
  core_.actors.fetch_add(1, std::memory_order_relaxed);
  // A handle of ours may outlive us all, and asks for its path.
  if (parent_ != nullptr) parent_->retain();
}

Cell::~Cell() {
  EnvelopeList control;
  EnvelopeList user;
  mailbox_.close(control, user);
  delete culprit_;
  delete children_.load(std::memory_order_relaxed);
  if (parent_ != nullptr) parent_->release();
}

Delivery Cell::deliver(Message&& message, const ActorRef& sender) {
  const std::size_t bytes = std::clamp<std::size_t>(message.bytes(), 1, std::numeric_limits<std::uint32_t>::max());
  auto* envelope = new Envelope(std::move(message), sender, Kind::user);
  envelope->bytes = static_cast<std::uint32_t>(bytes);
  const std::int64_t now_ns = core_.options.scheduler->coarse_now_ns();
  envelope->enqueued_ns = now_ns;
  switch (mailbox_.push_bounded(envelope, props_->mailbox)) {
    case Mailbox::Push::queued:
      return Delivery::accepted;
    case Mailbox::Push::wake:
      oldest_ns_.store(now_ns, std::memory_order_relaxed);
      core_.options.scheduler->ready(*this);
      return Delivery::accepted;
    case Mailbox::Push::full:
      core_.refused_full.add();
      delete envelope;
      return Delivery::full;
    case Mailbox::Push::closed:
      break;
  }
  dead_letter(*envelope, DeadLetter::Reason::no_actor);
  delete envelope;
  return Delivery::dead;
}

bool Cell::push_control(Kind kind, Message message, const ActorRef& sender) {
  auto* envelope = new Envelope(std::move(message), sender, kind);
  switch (mailbox_.push(envelope)) {
    case Mailbox::Push::queued:
      return true;
    case Mailbox::Push::wake:
      core_.options.scheduler->ready(*this);
      return true;
    case Mailbox::Push::full:
    case Mailbox::Push::closed:
      break;
  }
  delete envelope;
  return false;
}

ActorAddress Cell::address() const {
  std::string path;
  for (const Cell* cell = this; cell->parent_ != nullptr; cell = cell->parent_) path.insert(0, "/" + cell->name());
  return {core_.options.node, path.empty() ? "/" : path};
}

void Cell::watched_by(const ActorRef& watcher) {
  if (!push_control(Kind::watch, {}, watcher)) watcher.recipient()->on_terminated({ActorRef(this)});
}

void Cell::unwatched_by(const ActorRef& watcher) {
  push_control(Kind::unwatch, {}, watcher);
}

void Cell::on_terminated(const Terminated& terminated) {
  push_control(Kind::terminated, terminated);
}

void Cell::stop(bool now) {
  push_control(now ? Kind::stop_now : Kind::stop);
}

Result<ActorRef> Cell::spawn(const Props& props, std::string_view name) {
  if (state() == ActorState::stopping || state() == ActorState::stopped) {
    return fail(ErrorCode::busy, address().text() + " is stopping and takes no child");
  }
  if (!name.empty()) {
    if (Result<void> checked = check_name(name); !checked) return tl::unexpected(checked.error());
  }
  auto* child = new Cell(core_, this, props, name);
  ActorRef ref(child);
  const Children::Added added = make_children().add(*child, props_->children_max);
  if (added == Children::Added::yes) {
    core_.options.scheduler->ready(*child);
    return ref;
  }
  core_.actors.fetch_sub(1, std::memory_order_relaxed);
  const std::string where = address().text();
  switch (added) {
    case Children::Added::name_taken:
      return fail(ErrorCode::already_exists, where + " has a child named \"" + child->name() + "\" already");
    case Children::Added::full:
      return fail(ErrorCode::busy, where + " has " + std::to_string(props_->children_max) + " children, its limit",
                  "raise it with Props::with_children_max, or spread them over more parents");
    default:
      return fail(ErrorCode::busy, where + " is stopping or restarting and takes no child");
  }
}

ActorRef Cell::find_child(std::string_view name) const {
  const Children* known = children();
  return known == nullptr ? ActorRef() : known->find(name);
}

ActorRow Cell::row(std::int64_t now_ns) const {
  ActorRow row;
  row.state = state();
  row.mailbox_messages = mailbox_.messages();
  row.mailbox_bytes = mailbox_.bytes();
  const std::int64_t oldest_ns = oldest_ns_.load(std::memory_order_relaxed);
  if (row.mailbox_messages > 0 && oldest_ns > 0)
    row.oldest_age_ms = std::max<std::int64_t>(0, now_ns - oldest_ns) / 1'000'000;
  row.restarts = restarts_.load(std::memory_order_relaxed);
  if (const Children* known = children()) {
    row.children = static_cast<std::uint32_t>(known->size());
    row.last_failure = known->last_failure();
  }
  return row;
}

Extras& Cell::extras() {
  if (extras_ == nullptr) extras_ = std::make_unique<Extras>(core_.options.seed ^ hash_number(number_));
  return *extras_;
}

Children& Cell::make_children() {
  Children* known = children_.load(std::memory_order_acquire);
  if (known != nullptr) return *known;
  // The root's children are born on any thread.
  auto* made = new Children;
  if (children_.compare_exchange_strong(known, made, std::memory_order_acq_rel)) return *made;
  delete made;
  return *known;
}

void Cell::dead_letter(Envelope& envelope, DeadLetter::Reason reason) {
  core_.dead_letter(std::move(envelope.message), envelope.sender, address(), reason);
}

}  // namespace wattring::actor::detail
