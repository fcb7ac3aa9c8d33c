// Search values: the texts by which people look for an object: what an observable is, what a pattern compares with,
// names, aliases, identifiers in other catalogues.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::stix {

// With its case folded and without blanks at the ends: what is looked for and what is found meet in this form.
std::string search_value(std::string_view text);

// Of the bytes of one object (any type, also unknown ones), sorted, each once, as search_value() writes them:
//   - `value`, `name`, `path`, `key`, `command_line`, `subject`, `issuer`, `serial_number`, `message_id`, `user_id`,
//     `account_login`, `display_name`, `cpe` and each of `aliases` at the top of the object
//   - every hash under `hashes`, and `external_id` of each external reference
//   - of a STIX pattern the texts and octets that it compares by = and IN, without NOT; a pattern of another language
//     is found by its names only.
// Texts longer than limits::search_value_bytes_max are left out, and what comes after limits::search_values_max. Bytes
// that are no JSON have none; a pattern that cannot be parsed adds none. One walk of the bytes, no tree.
std::vector<std::string> search_values(std::string_view bytes);

}  // namespace tocsin::stix
