// Reminders: what one delegation still has to do on an item, and by when.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "council/item.h"
#include "council/time_words.h"

namespace tocsin::council {

// Sentences; empty where nothing is due now. A member who has neither passed nor objected is reminded from
// limits::reminder_lead before the deadline on; a witness of its receipts; an objector whose objection too few hold;
// the chair of a close that can be signed. Nothing for who is not on the roster, or once the item has ended.
std::vector<std::string> reminders(Item& item, std::string_view author, const consult::State& state, Seconds now,
                                   const TimeWords& time);

}  // namespace tocsin::council
