#include "app/consult_desk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "app/chain_mark.h"
#include "app/hand_over.h"
#include "app/passphrase.h"
#include "app/standard_output.h"
#include "app/tied_node.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "base/time.h"
#include "council/bundle.h"
#include "council/holding.h"
#include "council/limits.h"
#include "council/verdict.h"
#include "report/visible.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

constexpr std::size_t key_bytes_max = 65'536;

class MachineClock final : public Clock {
 public:
  Time now() const override { return Time::from_seconds(std::time(nullptr)); }
};

// What is signed leaves by files ('consult export') or through the folder's node, after the command (hand_over.h).
class Outside final : public council::Transport {
 public:
  // Noted before anything of it can leave.
  void send(std::string_view entry) override {
    consult::EntryReader reader;
    const council::EntryPtr read = reader.read(entry).entry;
    if (read == nullptr || !mark) {
      return;
    }
    if (const auto written = mark->write(read->id); !written) {
      message("warning: up to where was signed cannot be noted apart from the folder: " + written.error().text());
    }
  }
  std::vector<council::PeerClock> peer_clocks() const override { return clocks; }
  std::vector<council::PeerClock> clocks;
  std::optional<ChainMark> mark;
};

class NoKeys final : public council::Keys {
 public:
  trust::Ed25519Key public_key() const override { return {}; }
  Result<trust::Ed25519Signature> sign(std::string_view /*bytes*/) override {
    return failure(ErrorCode::usage, "no key was given");
  }
};

std::string own_zone() {
  if (const char* named = std::getenv("TZ"); named != nullptr && *named != '\0') {
    return *named == ':' ? named + 1 : named;
  }
  std::error_code error;
  const std::string target = std::filesystem::read_symlink("/etc/localtime", error).string();
  const std::size_t at = target.find("zoneinfo/");
  return error || at == std::string::npos ? std::string() : target.substr(at + 9);
}

}  // namespace

Option journal_option() { return {"--journal", "DIR", "The folder that holds the consultation"}; }
Option zone_option() { return {"--timezone", "ZONE", "Show times in this zone beside UTC (default: the machine's)"}; }

std::vector<Option> signing_options(std::vector<Option> more) {
  std::vector<Option> out = {journal_option(), {"--key", "FILE", "The secret key that signs ('tocsin key new')"}};
  out.insert(out.end(), more.begin(), more.end());
  out.push_back({"--yes", "", "Sign what is shown without asking: for scripts"});
  out.push_back({"--preview", "", "Show what would be signed, and sign nothing"});
  out.push_back(zone_option());
  out.push_back(passphrase_option());
  return out;
}

Result<council::TimeWords> reader_time(const Arguments& arguments) {
  const auto named = arguments.value("--timezone");
  const std::string name = named ? *named : own_zone();
  council::TimeWords out;
  if (name.empty() || name == "UTC" || name == "Etc/UTC" || name == "Z") {
    return out;
  }
  auto zone = Zone::find(name);
  if (!zone) {
    return named ? Result<council::TimeWords>(std::unexpected(std::move(zone).error())) : out;
  }
  out.zone = *std::move(zone);
  out.zone_name = name;
  return out;
}

consult::Seconds now_seconds() { return std::time(nullptr); }

// "2026-03-01T10:00:00Z", or with another offset. A date without a time or a time without a zone is nobody's deadline.
Result<consult::Seconds> read_moment(const Arguments& arguments, std::string_view option) {
  const auto text = arguments.value(option);
  if (!text) {
    return failure(ErrorCode::usage, std::string(option) + " TIME is needed", {}, "such as 2026-03-01T10:00:00Z");
  }
  const auto parsed = parse_iso8601(*text);
  if (!parsed || !parsed->has_zone || parsed->time.ticks % Time::ticks_per_second != 0) {
    return failure(ErrorCode::usage, "'" + *text + "' is no time with its zone", {},
                   "such as 2026-03-01T10:00:00Z or 2026-03-01T12:00:00+02:00");
  }
  return council::seconds_of(parsed->time);
}

Result<const stix::TlpMarking*> read_tlp(const Arguments& arguments, stix::TlpColor otherwise) {
  const auto named = arguments.value("--tlp");
  for (const stix::TlpMarking& marking : stix::tlp_markings) {
    if (marking.version == 2 && (named ? marking.level == *named : marking.color == otherwise)) {
      return &marking;
    }
  }
  return failure(ErrorCode::usage, "'" + named.value_or("") + "' is no colour of TLP 2.0", {},
                 "clear, green, amber, amber+strict or red");
}

// --text or --text-file.
Result<std::string> read_words(const Arguments& arguments) {
  if (const auto file = arguments.value("--text-file")) {
    TRY(std::string text, read_whole(*file, council::limits::text_bytes_max));
    if (!valid_utf8(text)) {
      return failure(ErrorCode::encoding, "the text is not UTF-8", {.source = *file});
    }
    while (text.ends_with('\n') || text.ends_with('\r')) {
      text.pop_back();
    }
    return text;
  }
  return arguments.value("--text").value_or("");
}

Option text_file_option() { return {"--text-file", "FILE", "The same from a file (UTF-8)"}; }

std::vector<std::string> as_typed(const Arguments& arguments, std::string_view option) {
  const auto given = arguments.options.find(option);
  return given == arguments.options.end() ? std::vector<std::string>{} : given->second;
}

FileKeys::~FileKeys() { seed_.fill(0); }

Result<std::unique_ptr<FileKeys>> FileKeys::read(const Arguments& arguments) {
  const auto path = arguments.value("--key");
  if (!path) {
    return failure(ErrorCode::usage, "--key FILE is needed", {}, "'tocsin key new' makes a key");
  }
  std::unique_ptr<FileKeys> keys(new FileKeys(arguments));
  TRY(keys->text_, read_whole(*path, key_bytes_max));
  const auto json = wire::parse_json(keys->text_);
  const wire::Json* inner = json ? json->find("key") : nullptr;
  if (inner == nullptr || json->string_or("type", "") != "tocsin-secret-key") {
    return failure(ErrorCode::syntax, "this is no secret key", {.source = *path}, "'tocsin key new --out' writes one");
  }
  wire::JsonWriter writer(keys->document_);
  wire::write_json(*inner, writer);
  stix::KeyRing ring;
  TRY_VOID(ring.add(keys->document_));
  keys->public_ = ring.find(inner->string_or("kid", ""))->key;
  return keys;
}

Result<void> FileKeys::unlock() {
  if (open_) {
    return {};
  }
  TRY(std::string passphrase, read_passphrase(arguments_, "Passphrase of the key", false));
  auto secret = stix::read_secret_key(text_, passphrase);
  trust::wipe(passphrase);
  if (!secret) {
    return std::unexpected(std::move(secret).error());
  }
  seed_ = secret->seed;
  secret->seed.fill(0);
  open_ = true;
  return {};
}

Result<trust::Ed25519Signature> FileKeys::sign(std::string_view bytes) {
  TRY_VOID(unlock());
  return trust::ed25519_sign(bytes, seed_);
}

struct Desk::Ports {
  NoKeys no_keys;
  MachineClock clock;
  Outside transport;
};

Result<std::unique_ptr<Desk>> Desk::open(const Arguments& arguments, FileKeys* keys) {
  const auto path = arguments.value("--journal");
  if (!path) {
    return failure(ErrorCode::usage, "--journal DIR is needed", {}, "the folder that holds the consultation");
  }
  TRY(auto folder, JournalFolder::open(*path));
  TRY(std::unique_ptr<Desk> desk, open(std::move(folder), keys));
  if (keys != nullptr) {
    TiedNode node = look_at_tied_node(*path);
    desk->ports_->transport.clocks = std::move(node.clocks);
    if (!node.restored.empty()) {
      TRY_VOID(desk->consultation().mark_broken("the node that this folder goes through was restored from a backup"));
      TRY_VOID(restored_is_noticed(*path));
    }
  }
  return desk;
}

Result<std::unique_ptr<Desk>> Desk::open(std::unique_ptr<JournalFolder> folder, FileKeys* keys) {
  std::unique_ptr<Desk> desk(new Desk);
  desk->folder_ = std::move(folder);
  desk->ports_ = std::make_shared<Ports>();
  const council::JournalReading& reading = desk->folder_->reading;
  TRY(std::unique_ptr<council::Item> item, council::load_item(reading, desk->verifier_));
  desk->author_ =
      item->continuity.broken && !item->continuity.author.empty() ? item->continuity.author : item->signed_by;
  if (keys != nullptr) {
    desk->author_.clear();
    for (const consult::Participant& participant : item->roster().participants) {
      if (participant.key == keys->public_key()) {
        desk->author_ = participant.name;
      }
    }
    if (desk->author_.empty()) {
      return failure(ErrorCode::usage, "this key is not on the roster of the item", {},
                     "'tocsin key show' says whose it is");
    }
  }
  std::string place;
  bool placed = false;
  std::size_t last_break = 0;
  for (std::size_t i = 0; i < reading.records.size(); ++i) {
    const council::Record& record = reading.records[i];
    placed = placed || record.kind == council::RecordKind::place;
    place = record.kind == council::RecordKind::place ? record.value : place;
    last_break = record.kind == council::RecordKind::broken ? i + 1 : last_break;
  }
  const bool returned = item->came_from_outside(desk->author_);
  const bool signed_before = !item->signed_by.empty();
  const bool was_broken = item->continuity.broken;
  council::Keys& port = keys != nullptr ? static_cast<council::Keys&>(*keys) : desk->ports_->no_keys;
  desk->consultation_ = std::make_unique<council::Consultation>(
      std::move(item), desk->author_,
      council::Signer::Ports{port, desk->ports_->clock, *desk->folder_, desk->ports_->transport}, reading.chain);
  council::Consultation& consultation = *desk->consultation_;

  // What was signed on this machine and is not in the journal; each is told of once.
  std::string lacking;
  if (!desk->author_.empty()) {
    desk->ports_->transport.mark.emplace(consultation.item().id(), desk->author_);
    const std::optional<consult::Hash> mark = desk->ports_->transport.mark->read();
    if (mark && consultation.item().find(*mark) == nullptr &&
        std::ranges::none_of(reading.records, [&](const council::Record& record) {
          return record.kind == council::RecordKind::broken && record.value.contains(consult::hex(*mark));
        })) {
      lacking = fmt::format(": it lacks the entry {} that was signed on this machine", consult::hex(*mark));
    }
  }

  // A copy, a backup, a damaged line: the own chain may go on elsewhere.
  const std::string here = "{\"place\":\"" + desk->folder_->place() + "\"}";
  if (place != here) {
    if (placed && !desk->author_.empty() && (returned || signed_before)) {
      TRY_VOID(consultation.mark_broken("the journal was copied, moved or restored from a backup" + lacking));
    }
    TRY_VOID(consultation.receive(council::Record{council::RecordKind::place, here}));
  } else if (!reading.damaged.empty() && reading.last_damaged_record >= last_break && !desk->author_.empty()) {
    TRY_VOID(consultation.mark_broken("the journal is damaged" + lacking));
  } else if (!lacking.empty()) {
    TRY_VOID(consultation.mark_broken("the journal was rolled back, or another folder signed" + lacking));
  } else if (returned && !was_broken) {
    TRY_VOID(
        consultation.mark_broken("entries of " + desk->author_ + " are here that were not signed with this journal"));
  }
  if (!reading.damaged.empty()) {
    message(
        fmt::format("warning: {} lines of the journal are damaged, the first is line {}; entries in them that carry "
                    "their signature still count",
                    reading.damaged.size(), reading.damaged.front()));
  }
  return desk;
}

Result<std::unique_ptr<ReadItem>> read_item(const Arguments& arguments) {
  const auto path = arguments.value("--journal");
  if (!path) {
    return failure(ErrorCode::usage, "--journal DIR is needed", {}, "the folder that holds the consultation");
  }
  TRY(const council::JournalReading reading, JournalFolder::read(*path));
  auto out = std::make_unique<ReadItem>();
  TRY(out->item, council::load_item(reading, out->verifier));
  if (!reading.damaged.empty()) {
    message(fmt::format("warning: {} lines of the journal are damaged", reading.damaged.size()));
  }
  return out;
}

Result<std::unique_ptr<ReadItem>> read_ended(const Arguments& arguments, const consult::Hash& roster) {
  const auto path = arguments.value("--ended");
  if (!path) {
    return std::unique_ptr<ReadItem>();
  }
  auto out = std::make_unique<ReadItem>();
  if (std::filesystem::is_directory(*path)) {
    TRY(const council::JournalReading reading, JournalFolder::read(*path));
    TRY(out->item, council::load_item(reading, out->verifier));
    return out;
  }
  const auto named = arguments.value("--ended-roster");
  const auto trusted = named ? consult::parse_hash(*named) : roster;
  if (!trusted) {
    return failure(ErrorCode::usage, "--ended-roster is 64 small hexadecimal digits");
  }
  TRY(const std::string text, read_whole(*path, council::limits::journal_bytes_max));
  TRY(const council::Bundle bundle, council::read_bundle(text));
  council::Verdict verdict =
      council::verify_bundle(bundle, {.roster = *trusted, .as_of = now_seconds()}, out->verifier, {});
  if (verdict.item == nullptr) {
    return failure(ErrorCode::damaged, "the ended item is not under the roster of this one", {.source = *path},
                   "--ended-roster HASH, as its owner told you by another way");
  }
  out->item = std::move(verdict.item);
  return out;
}

std::vector<Option> ended_options() {
  return {{"--ended", "PATH", "The ended item that is taken up again: its folder, or an exported one"},
          {"--ended-roster", "HASH", "The roster of the exported one (default: that of this item)"}};
}

std::vector<std::string> marked_words(const council::Item& item, std::vector<std::string> words) {
  if (std::string banner = council::exercise_banner(council::exercise_of(item));
      !banner.empty() && (words.empty() || words.front() != banner)) {
    words.insert(words.begin(), std::move(banner));
  }
  return words;
}

Result<bool> confirm(const Arguments& arguments, const std::vector<std::string>& words,
                     const std::vector<std::string>& warnings) {
  const bool preview = arguments.has("--preview");
  std::string shown = preview ? "Would be signed:\n" : "To be signed:\n";
  for (const std::string& line : words) {
    shown += "  " + line + "\n";
  }
  for (const std::string& line : warnings) {
    shown += "  WARNING: " + line + "\n";
  }
  if (preview) {
    print_out("{}", shown);
    return false;
  }
  if (arguments.has("--yes")) {
    shown.pop_back();
    message(shown);
    return true;
  }
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) {
    return failure(ErrorCode::usage, "there is no terminal to ask on", {}, "--yes signs what is shown without asking");
  }
  const std::string question = shown + "Sign this? Type yes: ";
  std::string answer;
  if (write(terminal, question.data(), question.size()) > 0) {
    char c = 0;
    while (answer.size() < 16 && ::read(terminal, &c, 1) == 1 && c != '\n' && c != '\r') {
      answer += c;
    }
  }
  close(terminal);
  if (answer != "yes" && answer != "y" && answer != "YES") {
    return failure(ErrorCode::usage, "nothing was signed");
  }
  return true;
}

Result<int> sign_acts(const Arguments& arguments,
                      const std::function<Result<std::vector<council::Act>>(const council::Situation&)>& make,
                      const std::vector<council::Record>& records) {
  TRY_VOID(check_wait(arguments));
  TRY(const council::TimeWords time, reader_time(arguments));
  TRY(const auto keys, FileKeys::read(arguments));
  TRY(auto desk, Desk::open(arguments, keys.get()));
  council::Consultation& consultation = desk->consultation();
  if (const auto obstacles = consultation.signer().obstacles(); !obstacles.empty()) {
    return failure(ErrorCode::usage, obstacles.front(), {}, "nothing was signed");
  }
  for (const council::Record& record : records) {
    if (auto kept = consultation.receive(record); !kept) {
      return std::unexpected(std::move(kept).error());
    }
  }
  const council::Situation situation =
      council::situation_of(desk->item(), desk->author(), consultation.signer().now(), time);
  TRY(const std::vector<council::Act> acts, make(situation));
  std::vector<std::string> words;
  std::vector<std::string> warnings;
  for (const council::Act& act : acts) {
    words.insert(words.end(), act.words.begin(), act.words.end());
    warnings.insert(warnings.end(), act.warnings.begin(), act.warnings.end());
  }
  if (acts.empty()) {
    message("there is nothing to sign");
    return exit_nothing_found;
  }
  if (desk->item().signed_by.empty()) {
    warnings.push_back(
        "This folder has not signed for " + desk->author() +
        " on this item before. If anything was signed for it elsewhere, stop: two chains are a fork, and "
        "a fork convicts its author.");
  }
  for (const std::string& witness : desk->item().witnesses_of_unknown(desk->author())) {
    warnings.push_back(witness + " says that it holds an entry of " + desk->author() +
                       " that is not here. Ask before you sign.");
  }
  TRY(const bool sign, confirm(arguments, marked_words(desk->item(), std::move(words)), warnings));
  if (!sign) {
    return exit_nothing_found;
  }
  TRY_VOID(keys->unlock());
  TRY_VOID(consultation.receive(council::Record{council::RecordKind::key, keys->document()}));
  std::optional<consult::Hash> awaited;
  bool breaks = false;
  for (const council::Act& act : acts) {
    TRY(const council::EntryPtr entry, consultation.act(act));
    print_out("{}\n", consult::hex(entry->id));
    if (act.kind != consult::Kind::receipt) {
      awaited = entry->id;
      breaks = breaks || (entry->kind == consult::Kind::position && entry->stance == consult::Stance::break_silence);
      message("signed at " + time.of(entry->time));
    }
  }
  desk.reset();
  return hand_over(arguments, awaited, breaks ? wait_of_a_break : std::chrono::seconds(0));
}

int run_act(const Arguments& arguments, const std::function<Result<council::Act>(const council::Situation&)>& make) {
  const auto exit = sign_acts(arguments, [&](const council::Situation& situation) -> Result<std::vector<council::Act>> {
    TRY(council::Act act, make(situation));
    return std::vector<council::Act>{std::move(act)};
  });
  return exit ? *exit : report_error(exit.error());
}

Result<void> write_file(const std::string& path, std::string_view text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  const bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if ((file != nullptr && std::fclose(file) != 0) || !written) {
    return failure(ErrorCode::io, "the file cannot be written", {.source = path}, "check the folder and its rights");
  }
  return {};
}

int lay_paper(const Arguments& arguments,
              const std::function<Result<council::PaperPlan>(const council::Situation&)>& make) {
  const auto run = [&]() -> Result<int> {
    TRY(const council::TimeWords time, reader_time(arguments));
    TRY(const auto keys, FileKeys::read(arguments));
    TRY(auto desk, Desk::open(arguments, keys.get()));
    council::Consultation& consultation = desk->consultation();
    TRY_VOID(consultation.receive(council::Record{council::RecordKind::key, keys->document()}));
    const council::Situation situation =
        council::situation_of(desk->item(), desk->author(), consultation.signer().now(), time);
    TRY(const council::PaperPlan plan, make(situation));
    TRY(const bool sign, confirm(arguments, marked_words(desk->item(), plan.words), plan.warnings));
    if (!sign) {
      return exit_nothing_found;
    }
    TRY_VOID(keys->unlock());
    TRY(const council::Paper* paper, consultation.lay(plan));
    print_out("{}\n", paper->id);
    message(fmt::format("signed at {}, marked {}", time.of(paper->created), paper->marking));
    desk.reset();
    TRY(const int handed, hand_over(arguments, std::nullopt, std::chrono::seconds(0)));
    return plan.kind == council::PaperKind::refusal ? exit_found : handed;
  };
  const auto exit = run();
  return exit ? *exit : report_error(exit.error());
}

}  // namespace tocsin::app
