#include "app/hand_over.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "app/commands/consult_exchange.h"
#include "base/text.h"
#include "council/courier.h"
#include "council/holding.h"

namespace tocsin::app {
namespace {

constexpr std::uint64_t wait_seconds_max = 3'600;

Result<std::chrono::seconds> wait_of(const Arguments& arguments, std::chrono::seconds otherwise) {
  const auto given = arguments.value("--wait");
  if (!given) {
    return otherwise;
  }
  const auto seconds = parse_uint64(*given);
  if (!seconds || *seconds > wait_seconds_max) {
    return failure(ErrorCode::usage, "--wait is a number of seconds, at most 3600");
  }
  return std::chrono::seconds(*seconds);
}

Result<council::Holding> held(const Arguments& arguments, const consult::Hash& entry) {
  TRY(const auto read, read_item(arguments));
  return council::holding(*read->item, entry, now_seconds());
}

std::string in_words(const council::Holding& holding) {
  return fmt::format("held by {} of {} other witnesses{}", holding.by.size(), holding.of,
                     holding.by.empty() ? "" : " (" + council::listed(holding.by) + ")");
}

}  // namespace

Result<void> check_wait(const Arguments& arguments) {
  TRY_VOID(wait_of(arguments, {}));
  return {};
}

Option wait_option() {
  return {"--wait", "SECONDS", "Wait so long for the witnesses' receipts (default: 5 for a break, else 0)"};
}

Result<bool> take_in(const Arguments& arguments, const ItemPlace& place, const consult::Hash& item,
                     store::Sequence& after) {
  council::Gathering gathering(item);
  bool any = false;
  TRY(const store::Sequence last, each_object(place, after, [&](const store::Record& record) {
        if (council::item_of_object(record.bytes) == item) {
          any = true;
          gathering.add(record.bytes);
        }
      }));
  if (any) {
    Importer importer(arguments, Importer::Tells::what_is_new);
    TRY_VOID(importer.take(place.collection.title, gathering.take()));
  }
  after = last;
  return any;
}

Result<int> hand_over(const Arguments& arguments, const std::optional<consult::Hash>& awaited,
                      std::chrono::seconds otherwise) {
  const std::string journal = arguments.value("--journal").value_or("");
  TRY(const std::chrono::seconds wait, wait_of(arguments, otherwise));
  auto place = tied_place(journal);
  if (place && !*place) {
    std::string where;
    if (awaited) {
      TRY(const council::Holding holding, held(arguments, *awaited));
      where = in_words(holding) + "; ";
    }
    message(where + "hand it over with 'tocsin consult export'");
    return exit_nothing_found;
  }
  consult::Hash item;
  const auto sent = place ? [&]() -> Result<Sent> {
    TRY(const auto read, read_item(arguments));
    item = read->item->id();
    return send_item(**place, *read->item);
  }()
      : Result<Sent>(std::unexpected(place.error()));
  if (!sent) {
    message("warning: it is signed, and did not reach the node: " + sent.error().text() +
            "; mend that and run 'tocsin consult send', or hand it over with 'tocsin consult export'");
    return exit_nothing_found;
  }
  if (!awaited) {
    message("given to the node; it goes to its peers while the node serves");
    return exit_nothing_found;
  }
  const auto end = std::chrono::steady_clock::now() + wait;
  message(wait.count() > 0
              ? fmt::format("given to the node; waiting {} seconds at most for the witnesses", wait.count())
              : std::string("given to the node"));
  TRY(council::Holding holding, held(arguments, *awaited));
  for (store::Sequence after = 0; holding.by.size() < holding.of && std::chrono::steady_clock::now() < end;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    TRY(const bool came, take_in(arguments, **place, item, after));
    if (came) {
      TRY(holding, held(arguments, *awaited));
    }
  }
  message(in_words(holding) + (holding.by.size() == holding.of
                                   ? ""
                                   : "; it goes to peers while the node serves: 'tocsin consult receive' and "
                                     "'tocsin consult status' say who holds it later"));
  return exit_nothing_found;
}

}  // namespace tocsin::app
