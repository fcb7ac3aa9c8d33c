// Inbox: what a peer brings, judged object by object and put into the store.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/delivery.h"
#include "exchange/home.h"
#include "exchange/notice.h"
#include "exchange/sightings.h"

namespace tocsin::exchange {

class Inbox {
 public:
  struct Taken {
    std::uint64_t refused = 0;  // items
    std::uint64_t stored = 0;
    std::uint64_t alarms = 0;
  };

  Inbox(const Home& home, const Peer& peer, Time now) : home_(home), peer_(peer), now_(now) {}

  // Each object all or nothing. An error is the store's: the delivery must come again. Doing it twice does no more than
  // doing it once.
  Result<Taken> take(const Delivery& delivery);
  // The peers for whom notices were put in line, also by a delivery that ended in an error.
  const std::set<std::string, std::less<>>& to_be_told() const { return to_be_told_; }

 private:
  enum class Verdict : std::uint8_t { taken, refused };

  Result<Verdict> object(const Item& item);
  enum class Meeting : std::uint8_t { settled, goes_on, refused };
  Result<Meeting> meets(const Reading& reading, const Item& item, bool proven, const std::vector<Home::Found>& there);
  bool is_authors(const store::Record& record, std::string_view author) const;
  Result<std::vector<Home::Found>> without_claims(const Reading& reading, bool by_author);
  bool from_creator(const Reading& reading, bool by_author, const std::vector<Home::Found>& there) const;
  Result<Verdict> notice(const Item& item);
  Result<void> flush();
  Result<bool> has_room(const std::string& release);

  const Home& home_;
  const Peer& peer_;
  Time now_;
  Taken taken_;
  std::vector<store::NewVersion> waiting_;
  std::set<std::string, std::less<>> waiting_ids_;
  std::set<std::pair<std::string, stix::Instant>> stored_;  // by this delivery: id and version
  std::set<std::string, std::less<>> to_be_told_;
  std::set<std::string> classes_;
  bool classes_read_ = false;
  Sightings sightings_{home_};
};

}  // namespace tocsin::exchange
