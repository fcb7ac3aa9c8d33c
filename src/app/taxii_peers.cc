#include "app/taxii_peers.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "app/duration.h"
#include "app/passphrase.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "report/visible.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

constexpr std::string_view peer_prefix = "taxii/peer/";
constexpr std::string_view report_prefix = "taxii/report/";
constexpr std::size_t secret_bytes_max = 8'192;
// Bytes of answers that all readers of a node may hold together, and what each may hold at least: an object of the
// greatest size with what stands around it.
constexpr std::uint64_t answers_bytes_max = std::uint64_t{384} << 20;
constexpr std::uint64_t answer_bytes_min = std::uint64_t{6} << 20;
// A date further ahead than this was written while the clock was wrong.
constexpr std::chrono::hours next_time_max{25};

std::string key_of(std::string_view prefix, std::string_view name) { return std::string(prefix) + std::string(name); }
std::string secrets_folder(const std::string& folder) { return folder + "/peers"; }
std::string secret_path(const std::string& folder, std::string_view name) {
  return fmt::format("{}/{}.secret", secrets_folder(folder), name);
}

std::string_view secret_text(PeerSecret secret) {
  switch (secret) {
    case PeerSecret::password:
      return "password";
    case PeerSecret::token:
      return "token";
    case PeerSecret::none:
      break;
  }
  return "none";
}

bool flag(const wire::Json& json, std::string_view name) {
  const wire::Json* found = json.find(name);
  return found != nullptr && found->boolean;
}
std::uint64_t count(const wire::Json& json, std::string_view name) {
  const wire::Json* found = json.find(name);
  return found == nullptr ? 0 : parse_uint64(found->text).value_or(0);
}
Time moment(const wire::Json& json, std::string_view name) {
  const auto time = parse_iso8601(json.string_or(name, ""));
  return time ? time->time : Time{};
}

void write_members(const TaxiiPeer& peer, wire::JsonWriter& json) {
  json.member("root", peer.root).member("collection", peer.collection).member("title", peer.title);
  json.member("local_root", peer.local_root).member("local_collection", peer.local_id);
  json.member("user", peer.user).member("secret", secret_text(peer.secret));
  json.member("certificate_file", peer.certificate_file).member("key_file", peer.key_file);
  json.member("ca_file", peer.ca_file).member("proxy", peer.proxy);
  json.key("every").number(std::int64_t{peer.every.count()}).key("paused").boolean(peer.paused);
  json.member("added", rfc3339(peer.added));
}

void write_members(const TaxiiReport& report, wire::JsonWriter& json) {
  json.member("last_attempt", rfc3339(report.attempt)).member("last_success", rfc3339(report.success));
  json.member("next", rfc3339(report.next)).key("failures").number(std::uint64_t{report.failures});
  json.member("error", report.error).key("received").number(report.received).key("new").number(report.stored);
  json.key("known").number(report.known).key("refused").number(report.refused);
  json.key("conflicts").number(report.conflicts);
}

template <class Value>
std::string document(const Value& value) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object();
  write_members(value, json);
  json.end_object();
  return out;
}

Result<TaxiiPeer> read_peer(std::string_view name, std::string_view text) {
  TRY(const wire::Json json, wire::parse_json(text));
  TaxiiPeer out;
  out.name = name;
  out.root = json.string_or("root", "");
  out.collection = json.string_or("collection", "");
  out.title = json.string_or("title", "");
  out.local_root = json.string_or("local_root", "");
  out.local_id = json.string_or("local_collection", "");
  out.user = json.string_or("user", "");
  for (const PeerSecret one : {PeerSecret::password, PeerSecret::token}) {
    out.secret = json.string_or("secret", "") == secret_text(one) ? one : out.secret;
  }
  out.certificate_file = json.string_or("certificate_file", "");
  out.key_file = json.string_or("key_file", "");
  out.ca_file = json.string_or("ca_file", "");
  out.proxy = json.string_or("proxy", "");
  out.every =
      std::chrono::seconds(std::max<std::uint64_t>(1, std::min<std::uint64_t>(count(json, "every"), 86'400'000)));
  out.paused = flag(json, "paused");
  out.added = moment(json, "added");
  return out;
}

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

bool legal_peer_name(std::string_view name) {
  const bool like_a_key =
      name.size() == 32 && std::ranges::all_of(name, [](char c) { return ascii_digit(c) || (c >= 'a' && c <= 'f'); });
  return !name.empty() && name.size() <= 64 && name.front() != '.' && !like_a_key &&
         std::ranges::all_of(
             name, [](char c) { return ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '_' || c == '.'; });
}

Result<std::vector<TaxiiPeer>> taxii_peers(const store::Notes& notes) {
  std::vector<std::pair<std::string, std::string>> texts;
  TRY_VOID(notes.scan(peer_prefix, "", [&](std::string_view key, std::string_view value) {
    texts.emplace_back(key.substr(peer_prefix.size()), value);
    return true;
  }));
  std::vector<TaxiiPeer> out;
  for (const auto& [name, text] : texts) {
    TRY(TaxiiPeer peer, read_peer(name, text));
    out.push_back(std::move(peer));
  }
  return out;
}

Result<std::optional<TaxiiPeer>> taxii_peer(const store::Notes& notes, std::string_view name) {
  TRY(const std::optional<std::string> text, notes.get(key_of(peer_prefix, name)));
  if (!text) {
    return std::optional<TaxiiPeer>();
  }
  TRY(TaxiiPeer peer, read_peer(name, *text));
  return std::optional<TaxiiPeer>(std::move(peer));
}

Result<void> put_taxii_peer(const std::string& folder, store::Notes& notes, const TaxiiPeer& peer,
                            const std::string& secret) {
  const std::string path = secret_path(folder, peer.name);
  std::error_code error;
  if (peer.secret == PeerSecret::none) {
    std::filesystem::remove(path, error);
  } else {
    std::filesystem::create_directory(secrets_folder(folder), error);
    std::filesystem::permissions(secrets_folder(folder), std::filesystem::perms::owner_all, error);
    // Made beside and moved: a running server reads the old one or the new one.
    const std::string made = path + ".new";
    std::filesystem::remove(made, error);
    TRY_VOID(write_secret_file(made, secret + "\n"));
    std::filesystem::rename(made, path, error);
    if (error) {
      return failure(ErrorCode::io, "the secret cannot be kept: " + error.message(), {.source = path});
    }
  }
  const store::Note note{key_of(peer_prefix, peer.name), document(peer)};
  return notes.put({&note, 1});
}

Result<bool> remove_taxii_peer(const std::string& folder, store::Notes& notes, std::string_view name) {
  TRY(const std::optional<std::string> text, notes.get(key_of(peer_prefix, name)));
  if (!text) {
    return false;
  }
  const std::vector<store::Note> gone = {{key_of(peer_prefix, name), std::nullopt},
                                         {key_of(report_prefix, name), std::nullopt}};
  TRY_VOID(notes.put(gone));
  TRY_VOID(taxii::forget_peer(notes, name));
  std::error_code error;
  std::filesystem::remove(secret_path(folder, name), error);
  if (error) {
    return failure(ErrorCode::io, "its secret cannot be removed: " + error.message(),
                   {.source = secret_path(folder, name)});
  }
  return true;
}

Result<bool> pause_taxii_peer(store::Notes& notes, std::string_view name, bool paused) {
  TRY(std::optional<TaxiiPeer> peer, taxii_peer(notes, name));
  if (!peer) {
    return false;
  }
  peer->paused = paused;
  const store::Note note{key_of(peer_prefix, name), document(*peer)};
  TRY_VOID(notes.put({&note, 1}));
  return true;
}

Result<TaxiiReport> taxii_report(const store::Notes& notes, std::string_view name) {
  TRY(const std::optional<std::string> text, notes.get(key_of(report_prefix, name)));
  TaxiiReport out;
  if (!text) {
    return out;
  }
  TRY(const wire::Json json, wire::parse_json(*text));
  out.attempt = moment(json, "last_attempt");
  out.success = moment(json, "last_success");
  out.next = moment(json, "next");
  out.failures = static_cast<std::uint32_t>(std::min<std::uint64_t>(count(json, "failures"), 1'000));
  out.error = json.string_or("error", "");
  out.received = count(json, "received");
  out.stored = count(json, "new");
  out.known = count(json, "known");
  out.refused = count(json, "refused");
  out.conflicts = count(json, "conflicts");
  return out;
}

Result<void> list_taxii_peers(const store::Notes& notes, bool json) {
  TRY(const std::vector<TaxiiPeer> peers, taxii_peers(notes));
  for (const TaxiiPeer& peer : peers) {
    TRY(const TaxiiReport report, taxii_report(notes, peer.name));
    if (json) {
      std::string line;
      wire::JsonWriter out(line);
      out.begin_object().member("name", peer.name).member("kind", "taxii");
      write_members(peer, out);
      write_members(report, out);
      out.end_object();
      write_out(line + "\n");
      continue;
    }
    std::string secret = peer.secret == PeerSecret::none ? "" : fmt::format(", by a {}", secret_text(peer.secret));
    if (!peer.user.empty()) {
      secret = fmt::format(", as {}", report::visible(peer.user));
    }
    print_out("{}{}\n  reads     {}collections/{}/ {}{}\n  into      {}/{}, every {}\n", peer.name,
              peer.paused ? " (paused)" : "", report::visible(peer.root), report::visible(peer.collection),
              report::visible(peer.title), secret, peer.local_root, peer.local_id, duration_text(peer.every));
    print_out("  read      {}; {} objects came, {} new, {} known, {} refused{}\n",
              report.success.known() ? rfc3339(report.success) : "never to the end", report.received, report.stored,
              report.known, report.refused,
              report.conflicts == 0 ? "" : fmt::format(", {} with other content than before", report.conflicts));
    if (!report.error.empty()) {
      print_out("  failing   {} in a row, next try {}: {}\n", report.failures, rfc3339(report.next),
                report::visible(report.error));
    }
  }
  return {};
}

Result<store::Collection> local_collection(const store::Store& store, std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view root = slash == std::string_view::npos ? std::string_view() : text.substr(0, slash);
  const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
  TRY(const std::vector<store::ApiRoot> roots, store.roots());
  std::vector<store::Collection> found;
  for (const store::ApiRoot& one : roots) {
    TRY(const std::vector<store::Collection> collections, store.collections(one.name));
    for (const store::Collection& collection : collections) {
      if (!name.empty() && (root.empty() || root == one.name) && (collection.id == name || collection.alias == name)) {
        found.push_back(collection);
      }
    }
  }
  if (found.size() != 1) {
    return failure(ErrorCode::usage,
                   fmt::format("'{}' names {} of this node's collections", report::visible(text),
                               found.empty() ? "none" : "more than one"),
                   {}, "ROOT/COLLECTION, an id or an alias; tocsin collection list shows them");
  }
  return std::move(found.front());
}

Result<std::string> read_secret_line(const std::string& file) {
  TRY(std::string text, read_whole(file, secret_bytes_max));
  text.resize(std::min(text.find_first_of("\r\n"), text.size()));
  if (text.empty() ||
      std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; })) {
    return failure(ErrorCode::usage, "the first line is no password and no token", {.source = file});
  }
  return text;
}

std::string authorization(PeerSecret kind, std::string_view user, std::string_view secret) {
  switch (kind) {
    case PeerSecret::password:
      return taxii::basic_authorization(user, secret);
    case PeerSecret::token:
      return taxii::bearer_authorization(secret);
    case PeerSecret::none:
      break;
  }
  return {};
}

Result<std::unique_ptr<net::Client>> start_peer_client(const TaxiiPeer& peer, std::uint64_t body_bytes_max) {
  net::ClientOptions options;
  options.ca_file = peer.ca_file;
  options.certificate_file = peer.certificate_file;
  options.key_file = peer.key_file;
  options.body_bytes_max = body_bytes_max;
  TRY(options.proxy, net::proxy_from(environment));
  if (!peer.proxy.empty()) {
    TRY(options.proxy.proxy, net::parse_proxy(peer.proxy));
  }
  return net::start_client(std::move(options));
}

PeerReader::PeerReader(std::string folder, TaxiiPeer peer, store::Store& store, store::Notes& notes, const Clock& clock,
                       Random& random)
    : folder_(std::move(folder)),
      peer_(std::move(peer)),
      store_(store),
      notes_(notes),
      clock_(clock),
      random_(random),
      pacing_(peer_.every) {}

Result<void> PeerReader::resume() {
  TRY(report_, taxii_report(notes_, peer_.name));
  const std::int64_t most = clock_.now().ticks + std::chrono::seconds(next_time_max).count() * Time::ticks_per_second;
  if (report_.next.ticks > most) {
    report_.next = {};
  }
  pacing_.resume(report_.failures, report_.next);
  return {};
}

taxii::PollResult PeerReader::ask(taxii::PollHooks hooks, std::size_t readers,
                                  const std::function<void(net::Client*)>& client) {
  taxii::PollResult failed;
  const auto fail = [&](Error error) {
    failed.refusal = taxii::Refusal{std::move(error), 400};
    pacing_.failed(clock_.now(), random_, true, std::nullopt);
    return std::move(failed);
  };
  auto root = net::parse_url(peer_.root);
  if (!root) {
    return fail(std::move(root).error());
  }
  std::string secret;
  if (peer_.secret != PeerSecret::none) {
    auto read = read_secret_line(secret_path(folder_, peer_.name));
    if (!read) {
      Error error = std::move(read).error();
      error.hint = "'tocsin peer add URL --replace' gives it again; backups do not hold it";
      return fail(std::move(error));
    }
    secret = *std::move(read);
  }
  // A client for each poll: certificates that were renewed count, and nothing is held in between.
  auto started = start_peer_client(peer_, std::clamp(answers_bytes_max / std::max<std::size_t>(1, readers),
                                                     answer_bytes_min, net::limits::answer_bytes_max));
  if (!started) {
    return fail(std::move(started).error());
  }
  taxii::Feed feed{.peer = peer_.name,
                   .root = *std::move(root),
                   .collection = peer_.collection,
                   .local_root = peer_.local_root,
                   .local_id = peer_.local_id,
                   .interval = peer_.every};
  taxii::Poller poller(std::move(feed),
                       taxii::Remote(**started, clock_, authorization(peer_.secret, peer_.user, secret)), store_,
                       notes_, clock_, random_, std::move(hooks));
  poller.resume(pacing_.failures(), pacing_.next());
  client(started->get());
  taxii::PollResult result = poller.poll();
  client(nullptr);
  pacing_.resume(poller.failures(), poller.next());
  return result;
}

taxii::PollResult PeerReader::poll(taxii::PollHooks hooks, std::size_t readers,
                                   const std::function<void(net::Client*)>& client) {
  const Time begun = clock_.now();
  taxii::PollResult result = ask(std::move(hooks), readers, client);
  if (result.refusal && result.refusal->error.code == ErrorCode::interrupted) {
    return result;  // nothing that the peer did
  }
  report_.attempt = begun;
  report_.next = pacing_.next();
  report_.failures = pacing_.failures();
  report_.error = result.refusal ? result.refusal->error.text() : std::string();
  if (!result.refusal && !result.unfinished) {
    report_.success = begun;
  }
  report_.received += result.received;
  report_.stored += result.stored;
  report_.known += result.present;
  report_.refused += result.refused;
  report_.conflicts += result.conflicts;
  const store::Note note{key_of(report_prefix, peer_.name), document(report_)};
  if (auto put = notes_.put({&note, 1}); !put && !result.refusal) {
    result.refusal = taxii::Refusal{std::move(put).error()};
  }
  return result;
}

}  // namespace tocsin::app
