#include "council/consultation.h"

#include <algorithm>

#include "council/holding.h"
#include "council/paper_gate.h"
#include "council/standing_policy.h"
#include "report/visible.h"
#include "stix/signature.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::council {

std::string new_journal(const Hash& item, std::string_view roster_json, std::string& chain) {
  std::string out = write_line({RecordKind::item, "{\"item\":\"" + consult::hex(item) + "\"}"}, chain);
  out += write_line({RecordKind::roster, std::string(roster_json)}, chain);
  return out;
}

Consultation::Consultation(std::unique_ptr<Item> item, std::string author, Signer::Ports ports, std::string chain)
    : item_(std::move(item)),
      ports_(ports),
      chain_(std::move(chain)),
      signer_(*item_, std::move(author), ports, chain_) {}

Result<void> Consultation::keep(const Record& record) {
  std::string chain = chain_;
  if (auto written = ports_.store.append(write_line(record, chain)); !written) {
    signer_.stop();
    return written;
  }
  chain_ = std::move(chain);
  return {};
}

Result<Intake> Consultation::receive(std::string_view entry, std::string* why) {
  const Intake intake = item_->add_entry(entry, why);
  if (intake != Intake::added) {
    return intake;
  }
  TRY_VOID(keep({RecordKind::held, std::string(entry)}));
  const consult::Entry& added = *item_->entries().back().entry;
  if (added.well_formed && added.author == signer_.author() && item_->counts(added.id) && !item_->continuity.broken) {
    TRY_VOID(mark_broken("an entry of " + signer_.author() + " came back that was not signed here"));
  }
  return intake;
}

Result<bool> Consultation::receive(const Record& record) {
  bool added = false;
  switch (record.kind) {
    case RecordKind::text: {
      TRY(Text text, read_text(record.value));
      TRY(const bool is_new, item_->add_text(text));
      added = is_new;
      break;
    }
    case RecordKind::manifest: {
      TRY(const bool is_new, item_->add_manifest(record.value));
      added = is_new;
      break;
    }
    case RecordKind::key: {
      TRY(const bool is_new, item_->add_key(record.value));
      added = is_new;
      break;
    }
    case RecordKind::paper: {
      TRY(const Paper paper, read_paper(record.value, *item_));
      TRY_VOID(pass_gate(*item_, paper, "import"));
      TRY(const bool is_new, item_->add_paper(record.value));
      added = is_new;
      break;
    }
    case RecordKind::place:
      added = true;
      break;
    case RecordKind::item:
    case RecordKind::roster:
    case RecordKind::signed_here:
    case RecordKind::held:
    case RecordKind::broken:
    case RecordKind::reading:
    case RecordKind::policy:
      return failure(ErrorCode::usage, "a record of this kind is not taken from others");
  }
  if (added) {
    TRY_VOID(keep(record));
  }
  return added;
}

Result<bool> Consultation::receive_reading(std::string_view json) {
  TRY(const ChainReading reading, read_reading(json, *item_));
  const Continuity before = item_->continuity;
  const auto record = count_reading(reading, signer_.author(), *item_);
  if (!record) {
    return false;
  }
  if (auto kept = keep(*record); !kept) {
    item_->continuity = before;
    return std::unexpected(std::move(kept).error());
  }
  return true;
}

Result<void> Consultation::mark_broken(std::string_view why) {
  const Record record = broken_record({.since = signer_.now(), .why = why, .author = signer_.author()});
  item_->continuity = {
      .broken = true, .since = signer_.now(), .why = std::string(why), .author = signer_.author(), .readings = {}};
  return keep(record);
}

Result<const Paper*> Consultation::lay(const PaperPlan& plan) {
  const auto self = item_->roster().find(signer_.author());
  const stix::AuthorKey* key = self ? item_->key_of(item_->roster().participants[*self]) : nullptr;
  if (key == nullptr || ports_.keys.public_key() != key->key) {
    return failure(ErrorCode::usage, "the document of this key is not held: nobody could tell whose paper it is");
  }
  PaperPlan marked = plan;
  if (const std::string exercise = exercise_of(*item_); !exercise.empty()) {
    std::string mark = "\"exercise\":";
    wire::append_json_string(mark, exercise);
    marked.body.insert(1, mark + ",");
  }
  TRY(const std::string object, compose_paper(marked, item_->id(), key->identity, signer_.now()));
  TRY(const wire::Json json, wire::parse_json(object));
  const stix::SignBytes sign = [&](std::string_view bytes) { return ports_.keys.sign(bytes); };
  TRY(const std::string made, stix::sign_object(object, *key, sign, json.string_or("created", "")));
  TRY(const Paper paper, read_paper(made, *item_));
  if (item_->papers().find(paper.id) == nullptr) {
    TRY_VOID(keep({RecordKind::paper, made}));
    TRY_VOID(item_->add_paper(made));
  }
  return item_->papers().find(paper.id);
}

Result<void> Consultation::set_policy(std::string_view json) {
  const auto self = item_->roster().find(signer_.author());
  if (!self) {
    return failure(ErrorCode::usage, "the author is not on the roster");
  }
  TRY_VOID(read_policy(json, signer_.author(), item_->roster().participants[*self].key));
  item_->policy = json;
  return keep({RecordKind::policy, std::string(json)});
}

Result<std::optional<Act>> Consultation::ordered_pass() {
  const consult::State state = item_->state(signer_.now());
  const auto nothing = [&](std::string why) {
    policy_rests_ = std::move(why);
    return std::optional<Act>();
  };
  policy_rests_.clear();
  const auto self = item_->roster().find(signer_.author());
  if (!self || item_->roster().participants[*self].role != consult::Role::member) {
    return nothing("only members pass");
  }
  if (!state.silence || (state.status != consult::Status::silence && state.status != consult::Status::expired &&
                         state.status != consult::Status::presumed)) {
    return nothing("no silence is running: " + std::string(consult::explain(state.status)));
  }
  if (std::ranges::find(state.passed, signer_.author()) != state.passed.end()) {
    return nothing(signer_.author() + " has passed");
  }
  if (std::ranges::any_of(state.breaks, [&](const auto& each) { return each.member == signer_.author(); })) {
    return nothing(signer_.author() + " has broken it");
  }
  const auto policy = read_policy(item_->policy, signer_.author(), item_->roster().participants[*self].key);
  if (!policy) {
    return nothing("the policy does not hold: " + policy.error().message);
  }
  const auto* silence = item_->find(*state.silence);
  if (silence == nullptr || !policy->allows(item_->id(), *silence->entry, signer_.now())) {
    return nothing(signer_.now() > policy->until ? "the policy ended " + consult::seconds_text(policy->until)
                   : silence == nullptr          ? "the silence is not held here"
                                                 : "the policy does not cover silences of class " +
                                              report::visible(silence->entry->silence_class));
  }
  Act pass;
  pass.kind = consult::Kind::pass;
  pass.policy = item_->policy;
  wire::JsonWriter json(pass.body);
  json.begin_object().member("policy", trust::sha256_hex(item_->policy));
  json.member("silence", consult::hex(*state.silence)).end_object();
  return std::optional(std::move(pass));
}

Result<std::vector<EntryPtr>> Consultation::tick() {
  std::vector<EntryPtr> out;
  if (!signer_.obstacles().empty()) {
    return out;
  }
  for (const Act& act : receipts_due(*item_, signer_.author(), signer_.now())) {
    TRY(EntryPtr entry, signer_.sign(act, Hand::node));
    out.push_back(std::move(entry));
  }
  if (item_->policy.empty()) {
    return out;
  }
  TRY(const std::optional<Act> pass, ordered_pass());
  if (pass) {
    TRY(EntryPtr entry, signer_.sign(*pass, Hand::node));
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace tocsin::council
