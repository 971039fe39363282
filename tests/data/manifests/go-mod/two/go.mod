module code.example/two

require code.example/shared v1.10.0-rc.1 // indirect
require code.example/other v1.0.0
