module code.example/one

require (
	code.example/shared v1.9.0
	code.example/two v0.0.0
)
