// tocsin consult policy and tick: a nation's signed order to pass, and what a folder signs by it without a person.
#include <fmt/format.h>

#include "app/command.h"
#include "app/consult_desk.h"
#include "app/hand_over.h"
#include "app/standard_output.h"
#include "consult/entry.h"
#include "council/standing_policy.h"

namespace tocsin::app {
namespace {

Result<int> policy(const Arguments& arguments) {
  TRY(const council::TimeWords time, reader_time(arguments));
  TRY(const auto keys, FileKeys::read(arguments));
  TRY(const auto desk, Desk::open(arguments, keys.get()));
  council::Consultation& consultation = desk->consultation();
  const consult::Roster& roster = desk->item().roster();
  if (roster.participants[*roster.find(desk->author())].role != consult::Role::member) {
    return failure(ErrorCode::usage, "only members pass, so only they have a policy for it");
  }
  council::StandingPolicy order{
      .author = desk->author(), .item = desk->item().id(), .classes = {}, .until = consultation.signer().now()};
  std::vector<std::string> words;
  if (arguments.has("--end")) {
    words.push_back(fmt::format("{} ends its order to pass: this folder passes nothing by itself.", order.author));
  } else {
    TRY(order.until, read_moment(arguments, "--until"));
    order.classes = arguments.values("--class");
    if (order.classes.empty() || order.until <= consultation.signer().now()) {
      return failure(ErrorCode::usage, "--class NAME and an --until to come are needed", {},
                     "which silences may be passed, and for how long");
    }
    for (const std::string& name : order.classes) {
      if (!roster.minimum_period.contains(name)) {
        return failure(ErrorCode::usage, "the roster has no class '" + name + "'");
      }
    }
    words = {fmt::format("{} ORDERS this folder to pass silences of class {} on this item without asking a person.",
                         order.author, council::listed(order.classes)),
             "A pass gives up the right to break that silence. The order ends " + time.of(order.until) + "."};
  }
  TRY(const bool sign, confirm(arguments, marked_words(desk->item(), words), {}));
  if (!sign) {
    return exit_nothing_found;
  }
  TRY_VOID(keys->unlock());
  TRY(const std::string bytes, council::policy_bytes(order));
  TRY(const trust::Ed25519Signature signature, keys->sign(bytes));
  TRY_VOID(consultation.set_policy(council::policy_json(order, signature)));
  message(arguments.has("--end") ? "ended" : "kept in the folder; 'tocsin consult tick' acts on it");
  return exit_nothing_found;
}

int run_policy(const Arguments& arguments) {
  const auto exit = policy(arguments);
  return exit ? *exit : report_error(exit.error());
}

Result<int> tick(const Arguments& arguments) {
  TRY(const council::TimeWords time, reader_time(arguments));
  TRY(const auto keys, FileKeys::read(arguments));
  TRY(auto desk, Desk::open(arguments, keys.get()));
  council::Consultation& consultation = desk->consultation();
  if (const auto obstacles = consultation.signer().obstacles(); !obstacles.empty()) {
    return failure(ErrorCode::usage, obstacles.front(), {}, "nothing was signed");
  }
  TRY_VOID(keys->unlock());
  TRY(const std::vector<council::EntryPtr> signed_now, consultation.tick());
  for (const council::EntryPtr& entry : signed_now) {
    print_out("{}\n", consult::hex(entry->id));
    message(entry->kind == consult::Kind::pass ? "passed, as the policy orders" : "signed a receipt");
  }
  if (!consultation.policy_rests().empty()) {
    message("the policy passes nothing: " + consultation.policy_rests());
  }
  if (signed_now.empty()) {
    message("there is nothing to sign");
    return exit_nothing_found;
  }
  desk.reset();
  return hand_over(arguments, std::nullopt, std::chrono::seconds(0));
}

int run_tick(const Arguments& arguments) {
  const auto exit = tick(arguments);
  return exit ? *exit : report_error(exit.error());
}

}  // namespace

extern const Command command_consult_policy;
const Command command_consult_policy = {
    .name = "consult policy",
    .doc = "Order a folder to pass silences of a class (signed by the nation)",
    .about =
        "A pass is signed by a person, or by a policy that its nation has signed: this command signs one, for this "
        "item "
        "alone, for named classes of silence, until a moment. It stays in the folder and is handed to nobody. --end "
        "signs the end of it. 'consult tick' passes by it. What will be signed is shown in words first.",
    .example = "tocsin consult policy --journal item --key nor.key --class urgent --until 2026-07-20T12:00:00Z",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({{"--class", "NAME", "A class of silence that may be passed", true},
                                {"--until", "TIME", "When the order ends, with its zone"},
                                {"--end", "", "End the order now"}}),
    .run = run_policy,
};

extern const Command command_consult_tick;
const Command command_consult_tick = {
    .name = "consult tick",
    .doc = "Sign what is owed without a person: receipts, and passes that a policy orders",
    .about =
        "For timers. Signs receipts for what this witness holds and the pass that a signed policy orders ('consult "
        "policy'), and nothing else; ids go to stdout. The passphrase comes from TOCSIN_PASSPHRASE or "
        "--passphrase-file.",
    .example = "tocsin consult tick --journal item --key nor.key --passphrase-file secret",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({}),
    .run = run_tick,
};

}  // namespace tocsin::app
