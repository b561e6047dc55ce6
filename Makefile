# Kedge - the commands that people type; Meson does the work.
#
#     make run       install what is missing, build, run the main job on real data
#     make test      everything that proves it
#     make install   binary, library, manual, completions, systemd unit under PREFIX

PREFIX ?= /usr/local
DESTDIR ?=
RELEASE := build/release

.PHONY: all run test bench install uninstall debug asan tsan fuzz clang bootstrap clean

all: $(RELEASE)/build.ninja
	@ninja -C $(RELEASE)

bootstrap:
	@tools/bootstrap

run: bootstrap
	@$(MAKE) --no-print-directory all
	@tools/demo $(RELEASE)/src/cli/kedge

test:
	@tools/bootstrap --test
	@tools/test

bench: all
	@bench/run

# The build folder may know another PREFIX from before.
install: $(RELEASE)/build.ninja
	@meson configure $(RELEASE) -Dprefix="$(abspath $(PREFIX))"
	@ninja -C $(RELEASE)
	@DESTDIR="$(DESTDIR)" meson install -C $(RELEASE) --no-rebuild

uninstall:
	@ninja -C $(RELEASE) uninstall

# One build folder a purpose; `make debug`, `make asan` ... configure and build it.
$(RELEASE)/build.ninja:
	@tools/bootstrap
	@meson setup $(RELEASE) --buildtype=release --prefix="$(PREFIX)" >/dev/null || { cat $(RELEASE)/meson-logs/meson-log.txt; exit 1; }
	@ln -sf $(RELEASE)/compile_commands.json compile_commands.json

build/debug/build.ninja:
	@meson setup build/debug --buildtype=debug
build/clang/build.ninja:
	@CC=clang meson setup build/clang --buildtype=debugoptimized -Dweb=false
build/asan/build.ninja:
	@meson setup build/asan --buildtype=debugoptimized -Db_sanitize=address,undefined -Dweb=false
build/tsan/build.ninja:
	@meson setup build/tsan --buildtype=debugoptimized -Db_sanitize=thread -Dweb=false
build/fuzz/build.ninja:
	@CC=clang meson setup build/fuzz --buildtype=debugoptimized -Dfuzz=true -Dweb=false

debug asan tsan fuzz clang: %: build/%/build.ninja
	@ninja -C build/$@

clean:
	@rm -rf build compile_commands.json
