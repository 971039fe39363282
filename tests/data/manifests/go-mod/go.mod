module code.example/app

go 1.24

toolchain go1.24.1

require (
	github.com/Acme/Widget/v2 v2.1.0
	gopkg.in/plain.v3 v3.0.1
	code.example/local v0.0.0-00010101000000-000000000000
	"code.example/quoted" v1.0.0
)

require (
	github.com/acme/deep v1.4.0 // indirect
	github.com/acme/old v9.0.0+incompatible // indirect; kept for a tool
	code.example/forked v1.2.3 // used directly
)

replace (
	code.example/local => ./local
	code.example/forked v1.2.3 => code.example/fork v1.2.4
)

exclude github.com/acme/deep v1.3.0

retract [v0.1.0, v0.2.0] // broken

tool github.com/acme/deep/cmd/deep
