// The proofs that a node's log holds the objects of an item.
#pragma once

#include <string>
#include <vector>

#include "app/command.h"
#include "council/item.h"

namespace tocsin::app {

// Of every object of the item that the collection (--data, --collection) holds and the log's last checkpoint covers.
Result<std::vector<std::string>> proofs_of(const Arguments& arguments, const council::Item& item);

}  // namespace tocsin::app
