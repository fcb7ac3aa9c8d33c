#include "taxii/passwords.h"

#include <fmt/format.h>

#include "taxii/limits.h"

namespace tocsin::taxii {
namespace {

// A hash of nobody's password, of the usual cost.
const std::string& nobody() {
  static const std::string hash = trust::hash_password("nobody", {});
  return hash;
}

}  // namespace

Passwords::Verdict Passwords::check(std::string_view user, std::string_view password, std::string_view hash) {
  if (user.size() > limits::user_bytes_max || password.size() > limits::password_bytes_max) {
    return Verdict::wrong;
  }
  // The hash is part of it: a changed password ends what was remembered of the old one.
  const Digest digest{
      trust::keyed_digest(fmt::format("{}:{}{}:{}{}", user.size(), user, password.size(), password, hash), key_)};
  std::unique_lock lock(mutex_);
  if (const auto found = verified_.find(digest); found != verified_.end()) {
    if (clock_.now() < found->second) {
      return Verdict::right;
    }
    verified_.erase(found);
  }
  if (hashing_ >= limits::hashes_at_once_max) {
    if (waiting_ >= limits::hashes_waiting_max) {
      return Verdict::busy;
    }
    ++waiting_;
    free_.wait(lock, [this] { return hashing_ < limits::hashes_at_once_max; });
    --waiting_;
    // Another connection of the same client may have done the work in the meantime.
    if (verified_.contains(digest)) {
      free_.notify_one();
      return Verdict::right;
    }
  }
  ++hashing_;
  lock.unlock();
  const bool right =
      trust::verify_password(password, hash.empty() ? std::string_view(nobody()) : hash) && !hash.empty();
  lock.lock();
  --hashing_;
  free_.notify_one();
  if (right) {
    if (verified_.size() >= limits::verified_max) {
      verified_.clear();
    }
    const std::int64_t ticks = std::chrono::seconds(limits::verified_time_max).count() * Time::ticks_per_second;
    verified_.insert_or_assign(digest, Time{clock_.now().ticks + ticks});
  }
  return right ? Verdict::right : Verdict::wrong;
}

}  // namespace tocsin::taxii
