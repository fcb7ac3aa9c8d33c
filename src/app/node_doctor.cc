#include "app/node_doctor.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "app/exchange_host.h"
#include "app/node.h"
#include "app/node_identity.h"
#include "app/taxii_peers.h"
#include "exchange/ledger.h"
#include "net/limits.h"
#include "report/visible.h"
#include "store/sqlite/upkeep.h"

namespace tocsin::app {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
// Below this a node soon cannot store; below the share of the database a backup beside it does not fit.
constexpr std::uint64_t free_bytes_min = 512 * mebibyte;
// The log is copied back from 16 MiB on and at 256 MiB at the latest: beyond it somebody reads without an end.
constexpr std::uint64_t log_bytes_high = 512 * mebibyte;
constexpr std::int64_t minute = 60 * Time::ticks_per_second;
constexpr std::int64_t day = 86'400 * Time::ticks_per_second;
constexpr std::int64_t certificate_days = 21;

class Doctor {
 public:
  Doctor(const std::string& folder, const net::TlsOptions& tls, const Clock& clock)
      : folder_(folder), tls_(tls), now_(clock.now()) {}

  std::vector<Finding> examine() {
    if (!files()) {
      return std::move(out_);
    }
    disk();
    descriptors();
    certificate();
    if (database()) {
      people();
      peers();
    }
    return std::move(out_);
  }

 private:
  using State = Finding::State;
  void tell(State state, std::string what, std::string todo = {}) {
    out_.push_back({state, std::move(what), std::move(todo)});
  }
  void cannot(std::string_view what, const Error& error) {
    tell(State::wrong, fmt::format("{}: {}", what, error.message), error.hint);
  }

  // What others on the machine may read.
  bool files() {
    std::error_code error;
    if (!std::filesystem::exists(database_path(folder_), error)) {
      tell(State::wrong, fmt::format("there is no node in {}", folder_),
           fmt::format("tocsin node init --data {}; or name the right folder", folder_));
      return false;
    }
    struct stat about{};
    std::size_t open = 0;
    if (stat(folder_.c_str(), &about) == 0 && (about.st_mode & 077) != 0) {
      tell(State::wrong, fmt::format("others on this machine can enter {}", folder_),
           fmt::format("chmod 700 {}", folder_));
      ++open;
    }
    for (std::filesystem::recursive_directory_iterator one(folder_, error), end; !error && one != end;
         one.increment(error)) {
      const std::string path = one->path().string();
      const bool secret = path.ends_with(".key") || path.ends_with(".passphrase") || path.ends_with(".secret");
      if (secret && stat(path.c_str(), &about) == 0 && (about.st_mode & 077) != 0) {
        tell(State::wrong, fmt::format("others on this machine can read {}", path), fmt::format("chmod 600 {}", path));
        ++open;
      }
    }
    if (error) {
      tell(State::wrong, fmt::format("the folder cannot be read: {}", error.message()),
           "run this as the user that the node runs as");
    } else if (open == 0) {
      tell(State::good, "the folder and its keys are readable by their owner alone");
    }
    if (!std::filesystem::exists(folder_ + "/node.key", error)) {
      tell(State::wrong, "node.key is not there: the node does not start",
           "restore a backup into a new folder, which makes one");
    }
    return true;
  }

  void disk() {
    struct statvfs about{};
    if (statvfs(folder_.c_str(), &about) != 0) {
      tell(State::wrong, fmt::format("the disk cannot be asked: {}", std::strerror(errno)), "is it mounted?");
      return;
    }
    const std::uint64_t free = std::uint64_t{about.f_bavail} * about.f_frsize;
    std::error_code error;
    const std::uint64_t used = std::filesystem::file_size(database_path(folder_), error);
    if ((about.f_flag & ST_RDONLY) != 0) {
      tell(State::wrong, "the disk is mounted read-only: nothing can be stored", "see what the kernel says of it");
    } else if (free < free_bytes_min) {
      tell(State::wrong, fmt::format("{} MiB are left on the disk: soon nothing can be stored", free / mebibyte),
           "make room; what was acknowledged is safe also on a full disk");
    } else if (free < used) {
      tell(State::look,
           fmt::format("{} MiB are left on the disk, less than the database of {} MiB", free / mebibyte,
                       used / mebibyte),
           "make room, and write backups to another disk");
    } else {
      tell(State::good, fmt::format("{} MiB are left on the disk", free / mebibyte));
    }
  }

  void descriptors() {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max < net::limits::connections_max + 100) {
      tell(State::look,
           fmt::format("at most {} connections at a time: this user may open no more files", files.rlim_max),
           fmt::format("LimitNOFILE={} in the unit, or ulimit -n", net::limits::connections_max + 1'000));
    }
  }

  void certificate() {
    if (tls_.certificate_file.empty()) {
      return;
    }
    const auto about = net::look_at_certificate(tls_);
    if (!about) {
      tell(State::wrong, fmt::format("{} is no certificate that can be used", tls_.certificate_file),
           "give the chain as PEM, the node's own certificate first");
      return;
    }
    if (!about->fits_key) {
      tell(State::wrong, fmt::format("{} is not the key of {}", tls_.key_file, tls_.certificate_file),
           "give the key with which the certificate was asked for");
    }
    const std::int64_t left = (about->not_after.ticks - now_.ticks) / day;
    if (about->not_before > now_) {
      tell(State::wrong, fmt::format("the certificate is valid from {} on", rfc3339(about->not_before)),
           "is the clock of this machine right?");
    } else if (about->not_after <= now_) {
      tell(State::wrong, fmt::format("the certificate ended on {}: nobody can connect", rfc3339(about->not_after)),
           "renew it and start the node again");
    } else if (left < certificate_days) {
      tell(State::look, fmt::format("the certificate ends in {} days", left), "renew it and start the node again");
    } else {
      tell(State::good, fmt::format("the certificate is valid for {} days", left));
    }
  }

  bool database() {
    const auto figures = store::file_figures(database_path(folder_));
    if (!figures) {
      cannot("the database cannot be read", figures.error());
      return false;
    }
    if (figures->schema > figures->newest_schema) {
      tell(State::wrong,
           fmt::format("a newer program made the database (schema {}, this one knows {})", figures->schema,
                       figures->newest_schema),
           "use that program: a schema never goes back");
      return false;
    }
    if (figures->schema < figures->newest_schema) {
      tell(State::look,
           fmt::format("the database has schema {}, this program {}", figures->schema, figures->newest_schema),
           "make a backup; 'tocsin serve' brings it up to date at its start");
      return false;
    }
    if (figures->log_bytes > log_bytes_high) {
      tell(State::look, fmt::format("the write-ahead log has {} MiB", figures->log_bytes / mebibyte),
           "a program reads the database without an end: find it (fuser), or start the node again");
    }
    if (figures->last_added.known() && figures->last_added.ticks > now_.ticks + minute) {
      tell(State::wrong,
           fmt::format("the newest object was added at {}, which is still to come: the clock was wrong then, or is now",
                       rfc3339(figures->last_added)),
           "set the clock; until then new objects get the next dates behind that one, in order");
    }
    if (figures->conflicts != 0) {
      tell(State::look,
           fmt::format("{} times other content came for an id and version that was there", figures->conflicts),
           "the first one is served; a sender changes objects without a new version");
    }
    if (figures->collections == 0) {
      tell(State::wrong, "there is no collection: nothing can be stored", "tocsin collection add TITLE");
    }
    tell(State::good, fmt::format("the database can be read: {} versions in {} MiB", figures->versions,
                                  figures->file_bytes / mebibyte));
    return true;
  }

  void people() {
    const auto node = open_node(folder_);
    if (!node) {
      cannot("the node cannot be opened", node.error());
      return;
    }
    const auto users = node->store->users();
    const auto roots = node->store->roots();
    if (!users || !roots) {
      cannot("users cannot be read", users ? roots.error() : users.error());
      return;
    }
    std::map<std::pair<std::string, std::string>, std::pair<bool, bool>> reach;  // collection: read, written
    for (const store::ApiRoot& root : *roots) {
      if (const auto collections = node->store->collections(root.name)) {
        for (const store::Collection& one : *collections) {
          reach[{root.name, one.id}] = {};
        }
      }
    }
    for (const store::User& user : *users) {
      bool any = false;
      for (const store::Grant& grant : user.grants) {
        for (auto& [name, able] : reach) {
          if ((grant.root == "*" || grant.root == name.first) &&
              (grant.root == "*" || grant.collection == "*" || grant.collection == name.second)) {
            able.first = able.first || grant.read;
            able.second = able.second || grant.write;
            any = true;
          }
        }
      }
      if (!any) {
        tell(State::look,
             fmt::format("user {} can do nothing: no grant names a collection that is there",
                         report::visible(user.name)),
             fmt::format("tocsin user remove {}; or add the user again with other grants", report::visible(user.name)));
      }
    }
    if (users->empty()) {
      tell(State::look, "there is no user: nobody can read or write over TAXII",
           "tocsin user add NAME --read '*' --write '*'");
    }
    for (const auto& [name, able] : reach) {
      if (!able.first && !able.second && !users->empty()) {
        tell(State::look, fmt::format("no user may read or write {}/{}", name.first, name.second),
             "give somebody a grant, or remove the collection");
      }
    }
  }

  void peers() {
    const auto notes = open_node_notes(folder_);
    if (!notes) {
      cannot("notes cannot be read", notes.error());
      return;
    }
    if (const auto restored = (*notes)->get(restored_note); restored && *restored) {
      tell(State::look, "this folder was made out of a backup: what came between is not in it",
           "ask those who sent objects since to send them again; peers and TAXII servers that are read do so by "
           "themselves");
    }
    const auto identity = node_identity(folder_, **notes);
    if (!identity) {
      cannot("the node's identity cannot be read", identity.error());
      return;
    }
    const auto known = exchange::Ledger(**notes).peers();
    if (!known) {
      cannot("peers cannot be read", known.error());
      return;
    }
    if (*identity && (*identity)->url.empty() && !known->empty()) {
      tell(State::look, "peers cannot reach this node: it gets objects when it asks, once a minute",
           "tocsin node identity --url https://HOST:PORT, and invite them anew");
    }
    if (*identity && !(*identity)->key.valid_until.empty() && (*identity)->key.valid_until < rfc3339(now_)) {
      tell(State::wrong, fmt::format("the node's key was valid until {}", (*identity)->key.valid_until),
           "a new key is a new identity: peers must be invited anew");
    }
    std::vector<exchange::PeerReport> reports;
    for (const exchange::Peer& peer : *known) {
      exchange::PeerReport report;
      report.kid = peer.kid;
      report.name = peer.relation.name;
      report.paused = peer.relation.paused;
      reports.push_back(std::move(report));
    }
    if (const auto read = read_peer_reports(**notes, reports); !read) {
      cannot("how it goes with peers cannot be read", read.error());
    }
    for (const exchange::PeerReport& one : reports) {
      const std::string name = report::visible(one.name);
      if (one.paused) {
        tell(State::look, fmt::format("peer {} is paused", name),
             fmt::format("tocsin peer change '{}' --resume, when it is time", name));
      } else if (one.failures >= 10) {
        tell(
            State::wrong,
            fmt::format("peer {} did not answer {} times in a row{}", name, one.failures,
                        one.waiting_since.known() ? ", objects wait since " + rfc3339(one.waiting_since) : ""),
            "is its address right and reachable, and its certificate valid (--peer-ca)? Does it still know this node?");
      } else {
        tell(State::good, fmt::format("peer {} answers", name));
      }
    }
    const auto servers = taxii_peers(**notes);
    if (!servers) {
      cannot("TAXII servers that are read cannot be listed", servers.error());
      return;
    }
    for (const TaxiiPeer& one : *servers) {
      const auto report = taxii_report(**notes, one.name);
      if (report && report->failures >= 3 && !one.paused) {
        tell(State::wrong,
             fmt::format("{} could not be read {} times: {}", one.name, report->failures,
                         report::visible(report->error)),
             fmt::format("tocsin peer poll {} tries it now", one.name));
      }
    }
  }

  const std::string& folder_;
  const net::TlsOptions& tls_;
  const Time now_;
  std::vector<Finding> out_;
};

}  // namespace

std::vector<Finding> examine_node(const std::string& folder, const net::TlsOptions& tls, const Clock& clock) {
  return Doctor(folder, tls, clock).examine();
}

}  // namespace tocsin::app
