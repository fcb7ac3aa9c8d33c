// tocsin consult attend: a folder that does by itself what needs no person, as long as it runs.
#include <fmt/format.h>
#include <pthread.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <set>

#include "app/command.h"
#include "app/consult_desk.h"
#include "app/hand_over.h"
#include "app/passphrase.h"
#include "app/standard_output.h"
#include "app/tied_node.h"
#include "base/text.h"
#include "consult/entry.h"
#include "council/reminders.h"
#include "report/visible.h"

namespace tocsin::app {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Receipts and passes may fall due without anything having come.
constexpr std::chrono::seconds look_anyway{30};
constexpr std::uint64_t every_seconds_max = 3'600;

Result<std::chrono::seconds> pace(const Arguments& arguments) {
  const auto seconds = parse_uint64(arguments.value("--every").value_or("1"));
  if (!seconds || *seconds == 0 || *seconds > every_seconds_max) {
    return failure(ErrorCode::usage, "--every is a number of seconds, from 1 to 3600");
  }
  return std::chrono::seconds(*seconds);
}

std::int64_t size_of(const std::string& journal) {
  struct stat about{};
  return stat((journal + "/journal.jsonl").c_str(), &about) == 0 ? about.st_size : -1;
}

class Attendance {
 public:
  Attendance(const Arguments& arguments, FileKeys& keys, ItemPlace place, const consult::Hash& item,
             council::TimeWords time)
      : arguments_(arguments),
        keys_(keys),
        place_(std::move(place)),
        item_(item),
        journal_(*arguments.value("--journal")),
        time_(std::move(time)) {}

  // What came, what is owed, and out with it.
  Result<void> round() {
    TRY(const bool came, take_in(arguments_, place_, item_, after_));
    const auto now = SteadyClock::now();
    if (came || size_of(journal_) != seen_ || now >= look_) {
      look_ = now + look_anyway;
      TRY_VOID(sign_what_is_owed());
      // Read before it is sent: what is written meanwhile is seen the next time.
      const std::int64_t size = size_of(journal_);
      if (size != seen_) {
        TRY(const auto read, read_item(arguments_));
        TRY(const Sent sent, send_item(place_, *read->item));
        if (sent.stored != 0) {
          message(fmt::format("{} objects given to the node", sent.stored));
        }
        seen_ = size;
      }
    }
    return {};
  }

 private:
  Result<void> sign_what_is_owed() {
    TRY(const auto desk, Desk::open(arguments_, &keys_));
    council::Consultation& consultation = desk->consultation();
    const auto obstacles = consultation.signer().obstacles();
    const std::string obstacle = obstacles.empty() ? std::string() : obstacles.front();
    if (obstacle != obstacle_) {
      message(obstacle.empty() ? "what stood against signing is gone" : "nothing is signed: " + obstacle);
      obstacle_ = obstacle;
    }
    TRY(const std::vector<council::EntryPtr> signed_now, consultation.tick());
    for (const council::EntryPtr& entry : signed_now) {
      print_out("{}\n", consult::hex(entry->id));
      message(entry->kind == consult::Kind::pass ? "passed, as the policy orders" : "signed a receipt");
    }
    (void)finish_out(exit_nothing_found);
    remind(desk->item(), desk->author());
    return {};
  }
  // What people have to do, once; again when it comes up anew.
  void remind(council::Item& item, const std::string& author) {
    std::set<std::string> now;
    const consult::Seconds at = now_seconds();
    for (std::string& words : council::reminders(item, author, item.state(at), at, time_)) {
      // How much is left changes with every look: what stands before it tells whether it was said.
      const std::string about = words.substr(0, words.find(" in "));
      if (!told_.contains(about)) {
        message("due: " + words);
      }
      now.insert(about);
    }
    told_ = std::move(now);
  }

  const Arguments& arguments_;
  FileKeys& keys_;
  ItemPlace place_;
  consult::Hash item_;
  std::string journal_;
  store::Sequence after_ = 0;
  std::int64_t seen_ = -1;  // how long the journal was when all of it was given to the node
  SteadyClock::time_point look_{};
  std::string obstacle_;
  council::TimeWords time_;
  std::set<std::string> told_;
};

Result<int> attend(const Arguments& arguments) {
  TRY(const std::chrono::seconds every, pace(arguments));
  TRY(council::TimeWords time, reader_time(arguments));
  // Blocked before the first thread begins, so that none of them takes a signal.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  TRY(const auto keys, FileKeys::read(arguments));
  consult::Hash item;
  {
    TRY(const auto desk, Desk::open(arguments, keys.get()));
    item = desk->item().id();
    message(fmt::format("attending as {} on item {}", desk->author(), consult::hex(item)));
  }
  const std::string journal = *arguments.value("--journal");
  if (arguments.has("--data")) {
    TRY(const ItemPlace named, open_place(arguments));
    TRY_VOID(tie(journal, named));
  }
  TRY(auto place, tied_place(journal));
  if (!place) {
    return failure(ErrorCode::usage, "the folder goes through no node yet", {.source = journal},
                   "--data NODE, and --collection ID where it has several");
  }
  TRY_VOID(keys->unlock());
  message(fmt::format("through {}, collection {}; SIGINT or SIGTERM ends it", place->data,
                      report::visible(place->collection.title)));
  Attendance attendance(arguments, *keys, *std::move(place), item, std::move(time));
  std::string trouble;
  for (;;) {
    const auto done = attendance.round();
    const std::string now = done ? std::string() : done.error().text();
    if (now != trouble) {
      message(now.empty() ? "all is well again" : "warning: " + now + "; trying on");
      trouble = now;
    }
    const timespec wait{.tv_sec = every.count(), .tv_nsec = 0};
    if (const int signal = sigtimedwait(&signals, nullptr, &wait); signal == SIGINT || signal == SIGTERM) {
      message("ended");
      return exit_nothing_found;
    }
  }
}

int run_attend(const Arguments& arguments) {
  const auto exit = attend(arguments);
  return exit ? *exit : report_error(exit.error());
}

}  // namespace

extern const Command command_consult_attend;
const Command command_consult_attend = {
    .name = "consult attend",
    .doc = "Do what needs no person, as long as it runs: take in, receipt, pass by policy, hand over",
    .about =
        "For a witness's machine, beside 'tocsin serve': looks every second what came to the node's collection, merges "
        "it, signs the receipts that are due and the pass that a signed policy orders ('consult policy'), and puts "
        "into the node what was signed here, by it or by other commands. So a break is receipted within seconds by "
        "every witness that attends. Signs nothing else. Trouble (a node that is busy, a clock that is ahead, a folder "
        "that was restored) is told once and it goes on trying. The passphrase comes from TOCSIN_PASSPHRASE, "
        "--passphrase-file or the terminal. Ids of what it signs go to stdout.",
    .example = "tocsin consult attend --journal item --key nor.key --passphrase-file secret --data node",
    .positional = "",
    .positional_min = 0,
    .options = {journal_option(),
                {"--key", "FILE", "The secret key that signs ('tocsin key new')"},
                {"--data", "DIR", "The node's folder (default: the one the folder goes through)"},
                {"--collection", "ID", "The collection (default: the only one)"},
                {"--every", "SECONDS", "How often it looks (default 1)"},
                zone_option(),
                passphrase_option()},
    .run = run_attend,
};

}  // namespace tocsin::app
