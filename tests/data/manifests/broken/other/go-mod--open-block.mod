module a.example/b
require (
	c.example/d v1.0.0
