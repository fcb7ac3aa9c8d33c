// What 'tocsin statement verify --clauses' does: checks a signed table of clauses against a text.
#pragma once

#include "app/command.h"

namespace tocsin::app {

int check_confirmed_clauses(const Arguments& arguments);

}  // namespace tocsin::app
