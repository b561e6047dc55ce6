#include "api/api.h"

#include "base/test.h"
#include "net/http_loopback.h"
